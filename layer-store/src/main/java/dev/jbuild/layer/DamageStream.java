package dev.jbuild.layer;

import dev.jbuild.failure.BuildFailure;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Tells damage in compressed bytes from trouble in getting them: a decoder throws {@link
 * IOException} for both.
 */
final class DamageStream extends InputStream {
  private final String kind;
  private final Source source;
  private final InputStream decoded;

  @FunctionalInterface
  interface Decoder {
    InputStream open(InputStream in) throws IOException;
  }

  DamageStream(String kind, InputStream in, Decoder decoder) throws IOException {
    this.kind = kind;
    this.source = new Source(in);
    try {
      this.decoded = decoder.open(source);
    } catch (IOException e) {
      throw damage(e);
    }
  }

  /** Remembers what the source itself threw. */
  private static final class Source extends FilterInputStream {
    private @Nullable IOException thrown;

    Source(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      try {
        return super.read();
      } catch (IOException e) {
        thrown = e;
        throw e;
      }
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
      try {
        return super.read(buffer, offset, length);
      } catch (IOException e) {
        thrown = e;
        throw e;
      }
    }
  }

  private IOException damage(IOException e) {
    if (source.thrown != null) {
      return source.thrown;
    }
    String said = e.getMessage();
    String what =
        said == null && e instanceof EOFException ? "it ends early" : String.valueOf(said);
    throw new BuildFailure(BuildFailure.Kind.CORRUPT, kind + " stream is damaged: " + what, e);
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    try {
      return decoded.read(buffer, offset, length);
    } catch (IOException e) {
      throw damage(e);
    }
  }

  @Override
  public void close() throws IOException {
    decoded.close();
  }
}
