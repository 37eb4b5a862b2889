package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Decompression;
import dev.jbuild.layer.ExtractLimits;
import dev.jbuild.layer.LayerExtractor;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Makes a layer's directory from its blob: in a scratch directory, checked, then moved into place.
 */
final class LayerUnpacker {
  private final StoreLayout layout;
  private final LayerForms forms;

  LayerUnpacker(StoreLayout layout, LayerForms forms) {
    this.layout = layout;
    this.forms = forms;
  }

  /**
   * Unpacks one layer. A process that unpacks the same is waited for, and its result taken.
   *
   * @throws BuildFailure of kind {@code CORRUPT} if the blob's content has another diffID; nothing
   *     of it is left
   */
  Path unpack(DiffId diffId, Descriptor blob, Supplier<InputStream> open) throws IOException {
    Path lockPath = layout.lock("unpack-" + StoreLayout.name(diffId.digest()));
    try (var _ = LockFile.exclusive(lockPath);
        ScratchDirectory scratch = ScratchDirectory.open(layout)) {
      Optional<Path> there = forms.find(diffId);
      if (there.isPresent()) {
        return there.get();
      }
      LayerExtractor.Extracted extracted;
      try (InputStream tar =
              new VerifiedInputStream(
                  Decompression.detect(open.get()),
                  diffId.digest(),
                  actual -> mismatch(diffId, blob, new DiffId(actual)));
          DirFd target = DirFd.open(scratch.path())) {
        extracted = LayerExtractor.apply(tar, target, forms.encoding(), ExtractLimits.DEFAULT);
      }
      // Whether the layer has opaque directories is not told; if it has, their marks fit one
      // encoding.
      return forms.publish(diffId, scratch.path(), false, true, extracted.implicit());
    }
  }

  static BuildFailure mismatch(DiffId diffId, Descriptor blob, DiffId actual) {
    return new BuildFailure(
        BuildFailure.Kind.CORRUPT,
        "blob " + blob.digest() + " is not layer " + diffId + ": its content hashes to " + actual);
  }
}
