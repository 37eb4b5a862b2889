package dev.jbuild.oci;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.Sha256;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * The digest of a run of bytes, written {@code algorithm:hex} (OCI image-spec descriptor.md
 * "Digests").
 *
 * <p>{@code sha256} and {@code sha512} can be computed and verified; both are accepted wherever a
 * digest is read. jbuild itself makes {@code sha256} only.
 */
public record Digest(String algorithm, String hex) implements Comparable<Digest> {
  /** The algorithm of every digest jbuild makes. */
  public static final String SHA256 = "sha256";

  private static final String SHA512 = "sha512";
  private static final String HEX_DIGITS = "0123456789abcdef";

  /** Of zero bytes. */
  public static final Digest EMPTY = of(new byte[0]);

  public Digest {
    int length =
        switch (algorithm) {
          case SHA256 -> 64;
          case SHA512 -> 128;
          default ->
              throw invalid(algorithm + ":" + hex, "the algorithm is neither sha256 nor sha512");
        };
    if (hex.length() != length) {
      throw invalid(algorithm + ":" + hex, "it has " + hex.length() + " hex digits, not " + length);
    }
    for (int i = 0; i < hex.length(); i++) {
      char c = hex.charAt(i);
      if (HEX_DIGITS.indexOf(c) < 0) {
        throw invalid(algorithm + ":" + hex, "it has a character that is no lower-case hex digit");
      }
    }
  }

  /**
   * Reads {@code algorithm:hex}.
   *
   * @throws BuildFailure of kind {@code CORRUPT} for anything else
   */
  public static Digest parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      throw invalid(text, "there is no \":\" in it");
    }
    return new Digest(text.substring(0, colon), text.substring(colon + 1));
  }

  /** Like {@link #parse}, empty where that throws. */
  public static Optional<Digest> tryParse(String text) {
    try {
      return Optional.of(parse(text));
    } catch (BuildFailure e) {
      return Optional.empty();
    }
  }

  /** The SHA-256 of {@code bytes}. */
  public static Digest of(byte[] bytes) {
    return hasher().update(bytes, 0, bytes.length).digest();
  }

  /** A SHA-256 in the making. */
  public static Hasher hasher() {
    return new Hasher(SHA256);
  }

  /** A digest of this one's algorithm in the making, to verify bytes against it. */
  public Hasher verifier() {
    return new Hasher(algorithm);
  }

  /** The first twelve hex digits, for people. */
  public String shortHex() {
    return hex.substring(0, 12);
  }

  @Override
  public int compareTo(Digest other) {
    int byAlgorithm = algorithm.compareTo(other.algorithm);
    return byAlgorithm != 0 ? byAlgorithm : hex.compareTo(other.hex);
  }

  @Override
  public String toString() {
    return algorithm + ":" + hex;
  }

  private static BuildFailure invalid(String text, String why) {
    return new BuildFailure(
        BuildFailure.Kind.CORRUPT,
        "invalid digest \""
            + (text.length() > 160 ? text.substring(0, 160) + "…" : text)
            + "\": "
            + why);
  }

  /** Takes bytes in order and ends in a digest. Not safe for use by several threads at once. */
  public static final class Hasher {
    private final String algorithm;
    private final Optional<Sha256> sha256;
    private final Optional<MessageDigest> sha512;

    private Hasher(String algorithm) {
      this.algorithm = algorithm;
      boolean wide = algorithm.equals(SHA512);
      sha256 = wide ? Optional.empty() : Optional.of(new Sha256());
      sha512 = wide ? Optional.of(sha512()) : Optional.empty();
    }

    private static MessageDigest sha512() {
      try {
        return MessageDigest.getInstance("SHA-512");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("the JDK has no SHA-512", e);
      }
    }

    public Hasher update(byte[] bytes, int offset, int length) {
      sha256.ifPresent(hash -> hash.update(bytes, offset, length));
      sha512.ifPresent(hash -> hash.update(bytes, offset, length));
      return this;
    }

    /** Takes the remaining bytes of the buffer and leaves its position at the limit. */
    public Hasher update(ByteBuffer bytes) {
      if (bytes.isDirect() && sha256.isPresent()) {
        sha256.get().update(bytes);
        bytes.position(bytes.limit());
        return this;
      }
      if (bytes.hasArray()) {
        update(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
        bytes.position(bytes.limit());
        return this;
      }
      byte[] chunk = new byte[Math.min(bytes.remaining(), 64 * 1024)];
      while (bytes.hasRemaining()) {
        int n = Math.min(chunk.length, bytes.remaining());
        bytes.get(chunk, 0, n);
        update(chunk, 0, n);
      }
      return this;
    }

    /** The digest of all bytes so far; the hasher starts anew after it. */
    public Digest digest() {
      byte[] result =
          sha256.map(Sha256::digest).or(() -> sha512.map(MessageDigest::digest)).orElseThrow();
      return new Digest(algorithm, HexFormat.of().formatHex(result));
    }
  }
}
