package dev.jbuild.engine.ssh;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The data types of SSH (RFC 4251, 5): numbers, and strings and big integers with a length. */
final class Wire {
  private Wire() {}

  /** Reads from bytes; each method throws {@link BufferUnderflowException} at their end. */
  static final class Reader {
    private final ByteBuffer bytes;

    Reader(byte[] bytes) {
      this.bytes = ByteBuffer.wrap(bytes);
    }

    int number() {
      return bytes.getInt();
    }

    byte[] string() {
      int length = bytes.getInt();
      if (length < 0 || length > bytes.remaining()) {
        throw new BufferUnderflowException();
      }
      return take(length);
    }

    byte[] take(int length) {
      byte[] taken = new byte[length];
      bytes.get(taken);
      return taken;
    }

    String text() {
      return new String(string(), StandardCharsets.UTF_8);
    }

    BigInteger integer() {
      byte[] value = string();
      return value.length == 0 ? BigInteger.ZERO : new BigInteger(value);
    }

    boolean isAtEnd() {
      return !bytes.hasRemaining();
    }
  }

  /** Writes bytes. */
  static final class Writer {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Writer octet(int value) {
      bytes.write(value);
      return this;
    }

    Writer number(int value) {
      bytes.writeBytes(ByteBuffer.allocate(4).putInt(value).array());
      return this;
    }

    Writer string(byte[] value) {
      number(value.length);
      bytes.writeBytes(value);
      return this;
    }

    Writer text(String value) {
      return string(value.getBytes(StandardCharsets.UTF_8));
    }

    Writer integer(BigInteger value) {
      // Zero is the empty string; else as Java has it, in two's complement.
      return string(value.signum() == 0 ? new byte[0] : value.toByteArray());
    }

    byte[] bytes() {
      return bytes.toByteArray();
    }
  }
}
