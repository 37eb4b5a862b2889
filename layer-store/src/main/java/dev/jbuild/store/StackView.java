package dev.jbuild.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerListing;
import dev.jbuild.layer.LayeredView;
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

/**
 * Look-ups in a stack of layers that unpack nothing unless a file's content is wanted.
 *
 * <p>The lowest layers that are unpacked are looked at where they are. Over them come listings, one
 * a layer, read from its tar or its directory: so a chain of COPY steps sees itself without ever
 * being unpacked. A layer too large to list in memory is unpacked after all. Listings are
 * remembered by the process, up to a number of entries.
 */
final class StackView {
  private static final int LARGEST = 100_000;
  private static final int REMEMBERED = 200_000;

  private final DirectoryLayers layers;
  private final Cache<DiffId, LayerListing> listings;

  StackView(DirectoryLayers layers, Cache<DiffId, LayerListing> listings) {
    this.layers = layers;
    this.listings = listings;
  }

  static Cache<DiffId, LayerListing> listings() {
    return Caffeine.newBuilder()
        .maximumWeight(REMEMBERED)
        .weigher((DiffId _, LayerListing listing) -> listing.size() + 1)
        .executor(Runnable::run)
        .build();
  }

  FileTree open(List<DiffId> stack) throws IOException {
    List<Path> bottom = new ArrayList<>();
    for (DiffId layer : stack) {
      Optional<Path> ready = layers.ready(layer);
      if (ready.isEmpty()) {
        break;
      }
      bottom.add(ready.get());
    }
    List<DiffId> upper = stack.subList(bottom.size(), stack.size());
    List<LayerListing> listed = new ArrayList<>();
    for (DiffId layer : upper) {
      Optional<LayerListing> listing = listing(layer);
      if (listing.isEmpty()) {
        // Then nothing is gained by listing those below it either.
        return LayeredView.open(layers.unpacked(stack));
      }
      listed.add(listing.get());
    }
    FileTree tree = LayeredView.open(bottom);
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
    LayerListing known = listings.getIfPresent(layer);
    if (known != null) {
      return Optional.of(known);
    }
    Optional<LayerListing> listing = read(layer);
    listing.ifPresent(read -> listings.put(layer, read));
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
