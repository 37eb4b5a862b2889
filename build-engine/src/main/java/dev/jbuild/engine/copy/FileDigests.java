package dev.jbuild.engine.copy;

import dev.jbuild.layer.FileContent;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Digests of what files hold, remembered where the files have not changed since. Safe for use by
 * many threads.
 */
public final class FileDigests {
  private static final int BUFFER = 1 << 17;

  private final DigestMemory memory;

  public FileDigests(DigestMemory memory) {
    this.memory = memory;
  }

  /** A short text that is equal for equal content: a digest for files and links. */
  String content(TreeEntry entry) throws IOException {
    return switch (entry) {
      case TreeEntry.RegularFile file -> digest(file).hex();
      case TreeEntry.Symlink link ->
          Digest.of(link.target().getBytes(StandardCharsets.ISO_8859_1)).hex();
      case TreeEntry.Device device -> device.major() + ":" + device.minor();
      case TreeEntry.Directory directory -> "-";
      case TreeEntry.Fifo fifo -> "-";
      case TreeEntry.Socket socket -> "-";
      case TreeEntry.HardLink link -> link.target().toString();
    };
  }

  private Digest digest(TreeEntry.RegularFile file) throws IOException {
    if (!(file.content() instanceof FileContent onDisk)) {
      return read(file);
    }
    Optional<Digest> known = memory.find(onDisk.stat());
    if (known.isPresent()) {
      return known.get();
    }
    return memory.learn(onDisk.stat(), () -> read(file));
  }

  private static Digest read(TreeEntry.RegularFile file) throws IOException {
    Digest.Hasher hasher = Digest.hasher();
    byte[] buffer = new byte[(int) Math.max(1, Math.min(BUFFER, file.size() + 1))];
    try (InputStream in = file.content().open()) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        hasher.update(buffer, 0, n);
      }
    }
    return hasher.digest();
  }
}
