package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Digest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.Function;

/**
 * Passes bytes on and fails the read that meets the end if they are not what they should be. Where
 * the size is known, the read of the last bytes fails already: who reads no further than that, as a
 * decompressor may, has read nothing wrong either.
 */
final class VerifiedInputStream extends FilterInputStream {
  private final Digest expected;
  private final Digest.Hasher hasher;
  private final Function<Digest, BuildFailure> mismatch;
  private long left;
  private boolean checked;

  /**
   * Of a blob.
   *
   * @param size how many bytes there are to be read
   */
  VerifiedInputStream(InputStream in, Digest expected, long size) {
    this(in, expected, size, actual -> corrupt(expected, actual));
  }

  /**
   * Of something of unknown size.
   *
   * @param mismatch what to throw, given the digest of what was read
   */
  VerifiedInputStream(InputStream in, Digest expected, Function<Digest, BuildFailure> mismatch) {
    this(in, expected, Long.MAX_VALUE, mismatch);
  }

  private VerifiedInputStream(
      InputStream in, Digest expected, long size, Function<Digest, BuildFailure> mismatch) {
    super(in);
    this.expected = expected;
    this.mismatch = mismatch;
    left = size;
    hasher = expected.verifier();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    int n = read(one, 0, 1);
    return n < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] buffer, int offset, int length) throws IOException {
    int n = in.read(buffer, offset, length);
    if (n > 0) {
      hasher.update(buffer, offset, n);
      left -= n;
    }
    if (left <= 0 || n < 0) {
      check();
    }
    return n;
  }

  private void check() {
    if (!checked) {
      checked = true;
      Digest actual = hasher.digest();
      if (!actual.equals(expected)) {
        throw mismatch.apply(actual);
      }
    }
  }

  /** Reads and drops: what is skipped is verified, too. */
  @Override
  public long skip(long n) throws IOException {
    byte[] buffer = new byte[Math.clamp(n, 1, 8192)];
    long skipped = 0;
    while (skipped < n) {
      int read = read(buffer, 0, (int) Math.min(buffer.length, n - skipped));
      if (read < 0) {
        break;
      }
      skipped += read;
    }
    return skipped;
  }

  @Override
  public boolean markSupported() {
    return false;
  }

  static BuildFailure corrupt(Digest expected, Digest actual) {
    return new BuildFailure(
        BuildFailure.Kind.CORRUPT,
        "blob " + expected + " is corrupt: its bytes hash to " + actual,
        "run \"jbuild fsck\" to find and remove what is damaged",
        null);
  }
}
