package dev.jbuild.engine.ssh;

import java.math.BigInteger;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.spec.ECFieldFp;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.util.Arrays;
import java.util.Optional;

/** The curves of RFC 5656 that OpenSSH has. */
enum Curve {
  P256("nistp256", "secp256r1", "SHA256"),
  P384("nistp384", "secp384r1", "SHA384"),
  P521("nistp521", "secp521r1", "SHA512");

  private final String sshName;
  private final String hash;

  @SuppressWarnings("ImmutableEnumChecker") // It has no setters, only no annotation.
  private final ECParameterSpec parameters;

  Curve(String sshName, String javaName, String hash) {
    this.sshName = sshName;
    this.hash = hash;
    try {
      AlgorithmParameters named = AlgorithmParameters.getInstance("EC");
      named.init(new ECGenParameterSpec(javaName));
      this.parameters = named.getParameterSpec(ECParameterSpec.class);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has no curve " + javaName, e);
    }
  }

  static Optional<Curve> ofSshName(String name) {
    return Arrays.stream(values()).filter(curve -> curve.sshName.equals(name)).findFirst();
  }

  static Optional<Curve> of(ECParameterSpec wanted) {
    return Arrays.stream(values())
        .filter(curve ->
            curve.parameters.getCurve().equals(wanted.getCurve())
                && curve.parameters.getGenerator().equals(wanted.getGenerator()))
        .findFirst();
  }

  String sshName() {
    return sshName;
  }

  /** The hash that signatures are made with, as the JDK names it. */
  String hash() {
    return hash;
  }

  ECParameterSpec parameters() {
    return parameters;
  }

  /** An uncompressed point (SEC 1, 2.3.3). */
  byte[] encode(ECPoint point) {
    int size = (parameters.getCurve().getField().getFieldSize() + 7) / 8;
    byte[] bytes = new byte[1 + 2 * size];
    bytes[0] = 4;
    put(point.getAffineX(), bytes, 1, size);
    put(point.getAffineY(), bytes, 1 + size, size);
    return bytes;
  }

  private static void put(BigInteger value, byte[] bytes, int at, int size) {
    byte[] raw = value.toByteArray();
    int from = Math.max(0, raw.length - size);
    int length = raw.length - from;
    System.arraycopy(raw, from, bytes, at + size - length, length);
  }

  /**
   * The public point of a private number: the JDK has no way from the one to the other. It takes
   * time that depends on the number, once, where nobody but the user of the key measures.
   */
  ECPoint publicPoint(BigInteger secret) {
    ECPoint sum = ECPoint.POINT_INFINITY;
    for (int i = secret.bitLength() - 1; i >= 0; i--) {
      sum = add(sum, sum);
      if (secret.testBit(i)) {
        sum = add(sum, parameters.getGenerator());
      }
    }
    return sum;
  }

  private ECPoint add(ECPoint a, ECPoint b) {
    if (a.equals(ECPoint.POINT_INFINITY)) {
      return b;
    }
    if (b.equals(ECPoint.POINT_INFINITY)) {
      return a;
    }
    BigInteger p = ((ECFieldFp) parameters.getCurve().getField()).getP();
    BigInteger dx = b.getAffineX().subtract(a.getAffineX()).mod(p);
    BigInteger dy = b.getAffineY().subtract(a.getAffineY()).mod(p);
    if (dx.signum() == 0) {
      if (dy.signum() != 0 || a.getAffineY().signum() == 0) {
        return ECPoint.POINT_INFINITY;
      }
      BigInteger square = a.getAffineX().pow(2);
      dy = square.multiply(BigInteger.valueOf(3)).add(parameters.getCurve().getA()).mod(p);
      dx = a.getAffineY().shiftLeft(1).mod(p);
    }
    BigInteger slope = dy.multiply(dx.modInverse(p)).mod(p);
    BigInteger x = slope.pow(2).subtract(a.getAffineX()).subtract(b.getAffineX()).mod(p);
    BigInteger y = slope.multiply(a.getAffineX().subtract(x)).subtract(a.getAffineY()).mod(p);
    return new ECPoint(x, y);
  }
}
