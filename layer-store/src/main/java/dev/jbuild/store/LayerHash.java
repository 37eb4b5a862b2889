package dev.jbuild.store;

import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeChange;
import dev.jbuild.layer.UnpackedLayer;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;

/** The diffIDs of canonical tars that nobody stores. */
final class LayerHash extends OutputStream {
  private static final int BUFFER = 1 << 16;

  private final Digest.Hasher hasher = Digest.hasher();
  private final byte[] buffer = new byte[BUFFER];
  private int filled;

  private LayerHash() {}

  /** Of the layer that a directory in overlay form stands for. */
  static DiffId ofDirectory(Path directory) throws IOException {
    try (DirFd root = DirFd.open(directory)) {
      LayerHash hash = new LayerHash();
      LayerWriter writer = new LayerWriter(hash, LayerWriter.Options.CANONICAL);
      UnpackedLayer.read(root, writer::write);
      writer.finish();
      return hash.finish();
    }
  }

  /** Of changes in tree order. */
  static DiffId of(List<TreeChange> changes) throws IOException {
    LayerHash hash = new LayerHash();
    LayerWriter writer = new LayerWriter(hash, LayerWriter.Options.CANONICAL);
    for (TreeChange change : changes) {
      writer.write(change);
    }
    writer.finish();
    return hash.finish();
  }

  private DiffId finish() {
    hasher.update(buffer, 0, filled);
    return new DiffId(hasher.digest());
  }

  @Override
  public void write(int b) {
    if (filled == BUFFER) {
      hasher.update(buffer, 0, filled);
      filled = 0;
    }
    buffer[filled++] = (byte) b;
  }

  @Override
  public void write(byte[] bytes, int offset, int length) {
    if (length > BUFFER - filled) {
      hasher.update(buffer, 0, filled);
      filled = 0;
    }
    if (length >= BUFFER) {
      hasher.update(bytes, offset, length);
    } else {
      System.arraycopy(bytes, offset, buffer, filled, length);
      filled += length;
    }
  }
}
