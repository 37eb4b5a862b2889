package dev.jbuild.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerListing;
import dev.jbuild.layer.LayerNames;
import dev.jbuild.layer.LayeredView;
import dev.jbuild.layer.TreeChange;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.DiffId;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/**
 * Look-ups in a stack of layers that unpack nothing unless a file's content is wanted.
 *
 * <p>The lowest layers that are unpacked are looked at where they are. Over them come listings, one
 * a layer, read from its tar or its directory: so a chain of COPY steps sees itself without ever
 * being unpacked. A layer too large to list in memory is unpacked after all. Listings are
 * remembered by the process, and so are the names of the layers that it made.
 */
final class StackView {
  private static final int LARGEST = 100_000;
  private static final int REMEMBERED = 200_000;

  private final DirectoryLayers layers;
  private final Memory memory;

  StackView(DirectoryLayers layers, Memory memory) {
    this.layers = layers;
    this.memory = memory;
  }

  /**
   * What is remembered of layers, up to a number of entries each.
   *
   * @param listings of layers that were looked into without being unpacked
   * @param names of layers that were made by this process
   */
  record Memory(Cache<DiffId, LayerListing> listings, Cache<DiffId, LayerNames> names) {
    Memory() {
      this(weighed(LayerListing::size), weighed(LayerNames::size));
    }

    private static <T> Cache<DiffId, T> weighed(ToIntFunction<T> size) {
      return Caffeine.newBuilder()
          .maximumWeight(REMEMBERED)
          .weigher((DiffId _, T value) -> size.applyAsInt(value) + 1)
          .executor(Runnable::run)
          .build();
    }
  }

  /** Takes note of the changes that a layer's directory stands for. */
  void remember(DiffId layer, List<TreeChange> changes) {
    LayerNames.of(changes).ifPresent(names -> memory.names.put(layer, names));
  }

  FileTree open(List<DiffId> stack) throws IOException {
    List<LayeredView.Layer> bottom = new ArrayList<>();
    for (DiffId layer : stack) {
      Optional<Path> ready = layers.ready(layer);
      if (ready.isEmpty()) {
        break;
      }
      bottom.add(
          new LayeredView.Layer(
              ready.get(), Optional.ofNullable(memory.names.getIfPresent(layer))));
    }
    List<DiffId> upper = stack.subList(bottom.size(), stack.size());
    Parallel.map(
        upper.stream().filter(layer -> memory.listings.getIfPresent(layer) == null).toList(),
        layers::bring,
        Function.identity());
    List<LayerListing> listed = new ArrayList<>();
    for (DiffId layer : upper) {
      Optional<LayerListing> listing = listing(layer);
      if (listing.isEmpty()) {
        // Then nothing is gained by listing those below it either.
        return LayeredView.open(layers.unpacked(stack));
      }
      listed.add(listing.get());
    }
    FileTree tree = LayeredView.of(bottom);
    boolean whole = false;
    try {
      for (int i = 0; i < upper.size(); i++) {
        DiffId layer = upper.get(i);
        tree = listed.get(i).over(tree, path -> content(layer, path));
      }
      whole = true;
      return tree;
    } finally {
      if (!whole) {
        tree.close();
      }
    }
  }

  private Optional<LayerListing> listing(DiffId layer) throws IOException {
    LayerListing known = memory.listings.getIfPresent(layer);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<LayerListing> listing = read(layer);
    listing.ifPresent(read -> memory.listings.put(layer, read));
    return listing;
  }

  private Optional<LayerListing> read(DiffId layer) throws IOException {
    Optional<Path> directory = layers.ready(layer);
    if (directory.isPresent()) {
      try (DirFd root = DirFd.open(directory.get())) {
        return Optional.of(LayerListing.ofDirectory(root));
      }
    }
    Optional<InputStream> tar = layers.tar(layer);
    if (tar.isEmpty()) {
      return Optional.empty();
    }
    try (InputStream in = tar.get()) {
      return LayerListing.ofTar(in, LARGEST);
    }
  }

  private InputStream content(DiffId layer, BytePath path) throws IOException {
    DirFd root = DirFd.open(layers.unpacked(layer));
    boolean opened = false;
    try {
      InputStream in = root.openRead(path).inputStream();
      opened = true;
      return new FilterInputStream(in) {
        @Override
        public void close() throws IOException {
          try (root) {
            super.close();
          }
        }
      };
    } finally {
      if (!opened) {
        root.close();
      }
    }
  }
}
