package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayeredView;
import dev.jbuild.layer.TreeCopy;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.ChainId;
import dev.jbuild.oci.DiffId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes tall stacks short: an overlay takes 500 layers at most (Linux OVL_MAX_STACK), and a view
 * keeps a descriptor open for each.
 *
 * <p>The lower layers of a tall stack are merged into one layer, a multiple of {@value #CHUNK} at a
 * time, so that a build that adds layer after layer merges only now and then. Which merged layer
 * stands for which stack is written in {@code cache/merged}; the merged layer is a layer like any
 * other, and may be collected.
 */
final class StackMerger {
  /** Stacks up to this height stay as they are. */
  static final int TALL = 192;

  static final int CHUNK = 128;

  private final StoreLayout layout;
  private final DirectoryLayers layers;
  private final LayerForms forms;

  StackMerger(StoreLayout layout, DirectoryLayers layers, LayerForms forms) {
    this.layout = layout;
    this.layers = layers;
    this.forms = forms;
  }

  /** A stack that gives the same root file system and is no taller than {@link #TALL}. */
  List<DiffId> shorten(List<DiffId> stack) throws IOException {
    if (stack.size() <= TALL) {
      return stack;
    }
    int merged = (stack.size() - 1) / CHUNK * CHUNK;
    return onTopOf(merged(stack.subList(0, merged)), stack.subList(merged, stack.size()));
  }

  private static List<DiffId> onTopOf(DiffId bottom, List<DiffId> rest) {
    List<DiffId> all = new ArrayList<>();
    all.add(bottom);
    all.addAll(rest);
    return all;
  }

  private DiffId merged(List<DiffId> stack) throws IOException {
    ChainId chain = ChainId.of(stack).orElseThrow();
    Path record = layout.root().resolve("cache/merged").resolve(chain.digest().hex());
    Optional<DiffId> known = read(record);
    if (known.isPresent()) {
      return known.get();
    }
    int below = stack.size() - CHUNK;
    List<DiffId> parts =
        below == 0
            ? stack
            : onTopOf(merged(stack.subList(0, below)), stack.subList(below, stack.size()));
    try (ScratchDirectory scratch = ScratchDirectory.open(layout)) {
      try (FileTree view = LayeredView.open(layers.unpacked(parts));
          DirFd target = DirFd.open(scratch.path())) {
        TreeCopy.into(view, target, TreeCopy.Links.KEEP);
      }
      DiffId diffId = LayerHash.ofDirectory(scratch.path());
      layers.hold(diffId);
      forms.publish(diffId, scratch.path(), true, false, List.of());
      DurableFiles.replaceLazily(
          layout, record, diffId.toString().getBytes(StandardCharsets.US_ASCII));
      return diffId;
    }
  }

  private Optional<DiffId> read(Path record) throws IOException {
    try {
      DiffId diffId = DiffId.parse(Files.readString(record, StandardCharsets.US_ASCII));
      return layers.ready(diffId).isPresent() ? Optional.of(diffId) : Optional.empty();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (BuildFailure e) {
      // Torn by a loss of power.
      return Optional.empty();
    }
  }
}
