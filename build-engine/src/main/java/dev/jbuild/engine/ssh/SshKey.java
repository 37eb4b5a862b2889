package dev.jbuild.engine.ssh;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECPoint;
import java.util.Arrays;
import java.util.Optional;

/**
 * A private key that signs as an SSH agent does. It cannot be read back out of here, and its text
 * is its type. Immutable and thread-safe.
 */
public final class SshKey {
  /** Flags of a request to sign (draft-miller-ssh-agent, 3.6.1). */
  private static final int RSA_SHA2_256 = 2;

  private static final int RSA_SHA2_512 = 4;

  private final String type;
  private final byte[] publicBlob;
  private final PrivateKey key;

  private SshKey(String type, byte[] publicBlob, PrivateKey key) {
    this.type = type;
    this.publicBlob = publicBlob;
    this.key = key;
  }

  /**
   * @param publicKey its 32 bytes
   */
  static SshKey ed25519(PrivateKey key, byte[] publicKey) {
    String type = "ssh-ed25519";
    return new SshKey(type, new Wire.Writer().text(type).string(publicKey).bytes(), key);
  }

  static SshKey rsa(RSAPrivateCrtKey key) {
    byte[] blob =
        new Wire.Writer()
            .text("ssh-rsa")
            .integer(key.getPublicExponent())
            .integer(key.getModulus())
            .bytes();
    return new SshKey("ssh-rsa", blob, key);
  }

  static SshKey ecdsa(Curve curve, ECPrivateKey key) {
    ECPoint point = curve.publicPoint(key.getS());
    String type = "ecdsa-sha2-" + curve.sshName();
    byte[] blob =
        new Wire.Writer().text(type).text(curve.sshName()).string(curve.encode(point)).bytes();
    return new SshKey(type, blob, key);
  }

  /** The public key as SSH sends it. */
  byte[] publicBlob() {
    return publicBlob.clone();
  }

  boolean isFor(byte[] blob) {
    return Arrays.equals(publicBlob, blob);
  }

  /**
   * The signature as SSH sends it; empty if there is none with such flags.
   *
   * @param flags which hash an RSA key signs with; without any, SHA-1 as agents have always done
   */
  Optional<byte[]> sign(byte[] data, int flags) throws GeneralSecurityException {
    if (key instanceof ECPrivateKey) {
      Curve curve = Curve.ofSshName(type.substring("ecdsa-sha2-".length())).orElseThrow();
      byte[] both = sign(curve.hash() + "withECDSAinP1363Format", data);
      int half = both.length / 2;
      byte[] signature =
          new Wire.Writer()
              .integer(new BigInteger(1, both, 0, half))
              .integer(new BigInteger(1, both, half, half))
              .bytes();
      return Optional.of(named(type, signature));
    }
    if (!(key instanceof RSAPrivateCrtKey)) {
      return Optional.of(named(type, sign("Ed25519", data)));
    }
    return switch (flags) {
      case 0 -> Optional.of(named(type, sign("SHA1withRSA", data)));
      case RSA_SHA2_256 -> Optional.of(named("rsa-sha2-256", sign("SHA256withRSA", data)));
      case RSA_SHA2_512 -> Optional.of(named("rsa-sha2-512", sign("SHA512withRSA", data)));
      default -> Optional.empty();
    };
  }

  private static byte[] named(String algorithm, byte[] signature) {
    return new Wire.Writer().text(algorithm).string(signature).bytes();
  }

  private byte[] sign(String algorithm, byte[] data) throws GeneralSecurityException {
    Signature signature = Signature.getInstance(algorithm);
    signature.initSign(key);
    signature.update(data);
    return signature.sign();
  }

  @Override
  public String toString() {
    return type;
  }
}
