package dev.jbuild.engine.exec;

import dev.jbuild.engine.Output;
import dev.jbuild.engine.export.EarlyPush;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.DiffId;
import dev.jbuild.store.Store;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Compresses the layers of RUN steps while later steps run, where the image will need them as
 * blobs, and lets finished blobs go out where the image is pushed. The export then finds them made,
 * or joins the work where it is.
 *
 * <p>One layer at a time: the compressor itself uses the machine's cores. Layers of stages that the
 * image only copies from stay directories. Safe for use by many threads.
 */
final class EarlyBlobs {
  private final Store store;
  private final BuildScope scope;
  private final EarlyPush pushes;
  private final Compression compression;
  private final Set<Vertex> wanted;
  private final Semaphore one = new Semaphore(1, true);

  /**
   * @param roots whose layers become the images
   * @param outputs of the build; empty means that the image is kept in the store
   */
  EarlyBlobs(
      Store store,
      BuildScope scope,
      EarlyPush pushes,
      Compression compression,
      List<Vertex> roots,
      List<Output> outputs) {
    this.store = store;
    this.scope = scope;
    this.pushes = pushes;
    this.compression = compression;
    this.wanted = Collections.newSetFromMap(new IdentityHashMap<>());
    if (outputs.isEmpty() || outputs.stream().anyMatch(EarlyBlobs::takesBlobs)) {
      roots.forEach(this::want);
    }
  }

  private static boolean takesBlobs(Output output) {
    return switch (output) {
      case Output.StoreImage image -> true;
      case Output.Push push -> true;
      case Output.OciArchive archive -> true;
      case Output.DockerArchive archive -> true;
      case Output.DockerLoad load -> true;
      case Output.LocalDirectory local -> false;
      case Output.RootfsTar tar -> false;
      case Output.None none -> false;
    };
  }

  /** The vertices whose layers a vertex's result has, as opposed to those it reads. */
  private void want(Vertex vertex) {
    if (!wanted.add(vertex)) {
      return;
    }
    switch (vertex.op()) {
      case Op.Run run -> want(vertex.inputs().getFirst());
      case Op.Copy copy -> want(vertex.inputs().getFirst());
      case Op.MakeDirectory make -> want(vertex.inputs().getFirst());
      case Op.Merge merge -> vertex.inputs().forEach(this::want);
      case Op.Scratch scratch -> {}
      case Op.Image image -> {}
      case Op.Context context -> {}
      case Op.Http http -> {}
      case Op.Git git -> {}
    }
  }

  /** Takes note that a vertex has made a layer; returns at once. */
  void made(Vertex vertex, DiffId layer) {
    if (!wanted.contains(vertex)) {
      return;
    }
    // A layer that cannot be compressed fails the build now instead of at its end.
    Future<?> _ =
        scope.fork(() -> {
          one.acquire();
          try {
            pushes.offer(store.layers().blob(layer, compression).blob(), compression);
            return true;
          } finally {
            one.release();
          }
        });
  }
}
