package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Decompression;
import dev.jbuild.layer.ExtractLimits;
import dev.jbuild.layer.LayerExtractor;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.io.FilterInputStream;
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
      Digest.Hasher hasher = Digest.hasher();
      LayerExtractor.Extracted extracted;
      try (InputStream tar = new HashingStream(Decompression.detect(open.get()), hasher);
          DirFd target = DirFd.open(scratch.path())) {
        extracted = LayerExtractor.apply(tar, target, forms.encoding(), ExtractLimits.DEFAULT);
      }
      DiffId actual = new DiffId(hasher.digest());
      if (!actual.equals(diffId)) {
        throw mismatch(diffId, blob, actual);
      }
      // Whether the layer has opaque directories is not told; if it has, their marks fit one
      // encoding.
      return forms.publish(diffId, scratch.path(), false, true, extracted.implicit());
    }
  }

  /** Hashes what passes; unlike the JDK's it holds our own kind of digest. */
  private static final class HashingStream extends FilterInputStream {
    private final Digest.Hasher hasher;

    HashingStream(InputStream in, Digest.Hasher hasher) {
      super(in);
      this.hasher = hasher;
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      int n = in.read(buffer, offset, length);
      if (n > 0) {
        hasher.update(buffer, offset, n);
      }
      return n;
    }

    @Override
    public long skip(long n) throws IOException {
      byte[] buffer = new byte[Math.clamp(n, 0, 1 << 16)];
      return Math.max(0, read(buffer, 0, buffer.length));
    }

    @Override
    public boolean markSupported() {
      return false;
    }
  }

  static BuildFailure mismatch(DiffId diffId, Descriptor blob, DiffId actual) {
    return new BuildFailure(
        BuildFailure.Kind.CORRUPT,
        "blob " + blob.digest() + " is not layer " + diffId + ": its content hashes to " + actual);
  }
}
