package dev.jbuild.engine.ssh;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.spec.ECPrivateKeySpec;
import java.security.spec.NamedParameterSpec;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.RSAPrivateCrtKeySpec;
import java.util.HexFormat;

/** Makes keys of their encodings. What is no key is an {@link IllegalArgumentException}. */
final class PrivateKeys {
  /** AlgorithmIdentifier of RSA and the tags of those of EC, as DER has them. */
  private static final byte[] RSA = HexFormat.of().parseHex("300d06092a864886f70d0101010500");

  private static final byte[] EC_OID = HexFormat.of().parseHex("06072a8648ce3d0201");
  private static final byte[] VERSION = {2, 1, 0};
  private static final int SEQUENCE = 0x30;
  private static final int OCTETS = 4;

  private PrivateKeys() {}

  /** A key that is whole and of a type that is not used here. */
  static final class Unsupported extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final String type;

    Unsupported(String type) {
      super(type);
      this.type = type;
    }

    String type() {
      return type;
    }
  }

  /** The private section of OpenSSH's format, after its check numbers. */
  static SshKey openSsh(Wire.Reader in) throws GeneralSecurityException {
    String type = in.text();
    return switch (type) {
      case "ssh-ed25519" -> openSshEd25519(in);
      case "ssh-rsa" -> openSshRsa(in);
      default -> openSshEcdsa(type, in);
    };
  }

  private static SshKey openSshEd25519(Wire.Reader in) throws GeneralSecurityException {
    in.string();
    byte[] both = in.string();
    if (both.length != 64) {
      throw new IllegalArgumentException("length");
    }
    byte[] seed = new byte[32];
    System.arraycopy(both, 0, seed, 0, 32);
    return ed25519(seed);
  }

  private static SshKey openSshRsa(Wire.Reader in) throws GeneralSecurityException {
    BigInteger n = in.integer();
    BigInteger e = in.integer();
    BigInteger d = in.integer();
    BigInteger inverse = in.integer();
    BigInteger p = in.integer();
    BigInteger q = in.integer();
    BigInteger dp = d.mod(p.subtract(BigInteger.ONE));
    BigInteger dq = d.mod(q.subtract(BigInteger.ONE));
    RSAPrivateCrtKeySpec spec = new RSAPrivateCrtKeySpec(n, e, d, p, q, dp, dq, inverse);
    return rsa(KeyFactory.getInstance("RSA").generatePrivate(spec));
  }

  private static SshKey openSshEcdsa(String type, Wire.Reader in) throws GeneralSecurityException {
    if (!type.startsWith("ecdsa-sha2-")) {
      throw new Unsupported(type);
    }
    Curve curve = Curve.ofSshName(in.text()).orElseThrow(() -> new Unsupported(type));
    in.string();
    ECPrivateKeySpec spec = new ECPrivateKeySpec(in.integer(), curve.parameters());
    return ecdsa(KeyFactory.getInstance("EC").generatePrivate(spec));
  }

  /** {@code BEGIN RSA PRIVATE KEY}: the inside of PKCS #8. */
  static SshKey pkcs1(byte[] der) throws GeneralSecurityException {
    return rsa(factory("RSA", der(SEQUENCE, VERSION, RSA, der(OCTETS, der))));
  }

  /** {@code BEGIN EC PRIVATE KEY}: the inside of PKCS #8, and the curve within (RFC 5915). */
  static SshKey sec1(byte[] der) throws GeneralSecurityException {
    ByteBuffer in = ByteBuffer.wrap(der);
    ByteBuffer fields = content(in, SEQUENCE);
    content(fields, 2);
    content(fields, OCTETS);
    ByteBuffer curve = content(fields, 0xa0);
    byte[] oid = new byte[curve.remaining()];
    curve.get(oid);
    byte[] algorithm = der(SEQUENCE, EC_OID, oid);
    return ecdsa(factory("EC", der(SEQUENCE, VERSION, algorithm, der(OCTETS, der))));
  }

  /** {@code BEGIN PRIVATE KEY}. */
  static SshKey pkcs8(byte[] der) throws GeneralSecurityException {
    ByteBuffer fields = content(ByteBuffer.wrap(der), SEQUENCE);
    content(fields, 2);
    ByteBuffer oid = content(content(fields, SEQUENCE), 6);
    byte[] name = new byte[oid.remaining()];
    oid.get(name);
    return switch (HexFormat.of().formatHex(name)) {
      case "2a864886f70d010101" -> rsa(factory("RSA", der));
      case "2a8648ce3d0201" -> ecdsa(factory("EC", der));
      case "2b6570" -> ed25519(((EdECPrivateKey) factory("Ed25519", der)).getBytes().orElseThrow());
      default -> throw new Unsupported("other than RSA, EC and Ed25519");
    };
  }

  private static PrivateKey factory(String algorithm, byte[] pkcs8)
      throws GeneralSecurityException {
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
  }

  private static SshKey rsa(PrivateKey key) {
    if (key instanceof RSAPrivateCrtKey whole) {
      return SshKey.rsa(whole);
    }
    throw new IllegalArgumentException("no primes");
  }

  private static SshKey ecdsa(PrivateKey key) {
    ECPrivateKey ec = (ECPrivateKey) key;
    Curve curve =
        Curve.of(ec.getParams()).orElseThrow(() -> new Unsupported("EC of another curve"));
    return SshKey.ecdsa(curve, ec);
  }

  /** The JDK gives no public key for a private one, but it does when it makes the pair. */
  private static SshKey ed25519(byte[] seed) throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("Ed25519");
    generator.initialize(NamedParameterSpec.ED25519, new Given(seed));
    KeyPair pair = generator.generateKeyPair();
    EdECPublicKey publicKey = (EdECPublicKey) pair.getPublic();
    byte[] big = publicKey.getPoint().getY().toByteArray();
    byte[] little = new byte[32];
    for (int i = 0; i < Math.min(32, big.length); i++) {
      little[i] = big[big.length - 1 - i];
    }
    if (publicKey.getPoint().isXOdd()) {
      little[31] |= (byte) 0x80;
    }
    return SshKey.ed25519(pair.getPrivate(), little);
  }

  /** "Random" bytes that are given. */
  private static final class Given extends SecureRandom {
    private static final long serialVersionUID = 1;

    private final byte[] seed;

    Given(byte[] seed) {
      this.seed = seed.clone();
    }

    @Override
    public void nextBytes(byte[] bytes) {
      if (bytes.length != seed.length) {
        throw new IllegalArgumentException("length");
      }
      System.arraycopy(seed, 0, bytes, 0, bytes.length);
    }
  }

  private static byte[] der(int tag, byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      all.writeBytes(part);
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (all.size() < 128) {
      out.write(all.size());
    } else {
      byte[] length = BigInteger.valueOf(all.size()).toByteArray();
      int skip = length[0] == 0 ? 1 : 0;
      out.write(0x80 | (length.length - skip));
      out.write(length, skip, length.length - skip);
    }
    out.writeBytes(all.toByteArray());
    return out.toByteArray();
  }

  /** What is inside the next element of {@code in}, which moves past it. */
  private static ByteBuffer content(ByteBuffer in, int tag) {
    int found = in.get() & 0xff;
    int length = in.get() & 0xff;
    if (length > 0x84) {
      throw new IllegalArgumentException("length");
    }
    if (length >= 0x80) {
      int bytes = length - 0x80;
      length = 0;
      for (int i = 0; i < bytes; i++) {
        length = (length << 8) | (in.get() & 0xff);
      }
    }
    if (found != tag || length < 0 || length > in.remaining()) {
      throw new IllegalArgumentException("tag");
    }
    ByteBuffer content = in.slice(in.position(), length);
    in.position(in.position() + length);
    return content;
  }
}
