package dev.jbuild.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Standard output that can tell why something could not be written: what {@link PrintStream} says
 * is only that it could not. A command that prints a result onto a full disk must not end with 0.
 */
final class StandardOutput extends PrintStream {
  static final String LOST = "standard output cannot be written";

  private final Remembering stream;

  private StandardOutput(Remembering stream) {
    super(stream, true, StandardCharsets.UTF_8);
    this.stream = stream;
  }

  static StandardOutput open() {
    return on(new FileOutputStream(FileDescriptor.out));
  }

  static StandardOutput on(OutputStream out) {
    return new StandardOutput(new Remembering(out));
  }

  /** What went wrong first. */
  IOException failure() {
    IOException first = stream.first;
    return first == null
        ? new IOException(LOST)
        : new IOException(LOST + ": " + first.getMessage(), first);
  }

  /** Whether it is only that nobody reads any more, as of {@code | head}. */
  boolean isUnread() {
    IOException first = stream.first;
    return first != null && String.valueOf(first.getMessage()).contains("Broken pipe");
  }

  private static final class Remembering extends FilterOutputStream {
    private @Nullable IOException first;

    Remembering(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException e) {
        first = first == null ? e : first;
        throw e;
      }
    }
  }
}
