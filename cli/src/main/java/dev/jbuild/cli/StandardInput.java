package dev.jbuild.cli;

import dev.jbuild.engine.ContextSource;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;

/** A context on standard input: a tar, plain or compressed, else the text of a Dockerfile. */
final class StandardInput {
  private static final int BLOCK = 512;
  private static final int LONGEST_DOCKERFILE = 16 << 20;

  private final ContextSource context;
  private final byte[] dockerfile;

  private StandardInput(ContextSource context, byte[] dockerfile) {
    this.context = context;
    this.dockerfile = dockerfile;
  }

  /** Reads all of {@code in}; an archive is kept as a file in the directory. */
  static StandardInput read(InputStream in, Supplier<Path> scratch) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(in, 64 << 10);
    buffered.mark(BLOCK);
    byte[] head;
    try {
      head = buffered.readNBytes(BLOCK);
    } catch (IOException e) {
      throw new UsageError(
          "standard input cannot be read: " + e.getMessage(),
          "pipe a Dockerfile or a tar of the context into it");
    }
    buffered.reset();
    if (head.length == 0) {
      throw new UsageError(
          "standard input is empty", "pipe a Dockerfile or a tar of the context into it");
    }
    if (isArchive(head)) {
      Path file = Files.createTempFile(scratch.get(), "context", ".tar");
      try (OutputStream out = Files.newOutputStream(file)) {
        buffered.transferTo(out);
      }
      return new StandardInput(new ContextSource.Archive(file), new byte[0]);
    }
    return new StandardInput(new ContextSource.Empty(), dockerfile(buffered));
  }

  /** Reads a Dockerfile alone. */
  static byte[] dockerfile(InputStream in) throws IOException {
    byte[] text = in.readNBytes(LONGEST_DOCKERFILE + 1);
    if (text.length > LONGEST_DOCKERFILE) {
      throw new UsageError("the Dockerfile on standard input is longer than 16 MiB");
    }
    return text;
  }

  /** The files. */
  ContextSource context() {
    return context;
  }

  /** The Dockerfile, when that is what came. */
  byte[] dockerfile() {
    return dockerfile;
  }

  boolean isDockerfile() {
    return dockerfile.length > 0;
  }

  /** By magic numbers: gzip, bzip2, xz, zstd, and "ustar" at its place in a tar header. */
  private static boolean isArchive(byte[] head) {
    return starts(head, 0, 0x1f, 0x8b)
        || starts(head, 0, 'B', 'Z', 'h')
        || starts(head, 0, 0xfd, '7', 'z', 'X', 'Z')
        || starts(head, 0, 0x28, 0xb5, 0x2f, 0xfd)
        || starts(head, 257, 'u', 's', 't', 'a', 'r');
  }

  private static boolean starts(byte[] head, int at, int... magic) {
    if (head.length < at + magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((head[at + i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }
}
