package dev.jbuild.engine;

import dev.jbuild.layer.Compression;
import java.nio.file.Path;

/** Where a build's results are put for other builds to find, as {@code --cache-to}. */
public sealed interface CacheTarget {

  /**
   * A manifest in a registry, with the layers as its blobs.
   *
   * @param name of the image it becomes
   */
  record Registry(String name, Options options) implements CacheTarget {}

  /**
   * An OCI image layout in a directory, which is made if missing. What other tags need stays, and
   * blobs that nothing needs any more go.
   *
   * @param tag of the layout's entry
   */
  record Local(Path directory, String tag, Options options) implements CacheTarget {}

  /** In the config of the image itself: the steps that made its layers, as with mode=min. */
  record Inline() implements CacheTarget {}

  /**
   * What is put there, and how.
   *
   * @param everyStep whether steps count whose layers the image does not have: {@code mode=max}
   * @param compression of the layers
   * @param forceCompression fetch and recompress layers that only another cache has so far
   * @param ignoreError a failed export is a warning
   */
  record Options(
      boolean everyStep, Compression compression, boolean forceCompression, boolean ignoreError) {
    public Options {
      if (compression instanceof Compression.Estargz) {
        // The tar of an estargz blob is another layer than the one the records name.
        throw new IllegalArgumentException("a cache is not kept in estargz");
      }
    }
  }
}
