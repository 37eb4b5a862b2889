package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * SHA-256 at the speed of the machine.
 *
 * <p>Every byte of every layer is hashed at least once, and {@link MessageDigest} is fast only once
 * the C2 compiler has put in its intrinsic: never in a process that is limited to C1 for the sake
 * of its start (there it does some 90 MB/s), and at half of OpenSSL's rate elsewhere. So the
 * system's libcrypto is used where there is one that passes a known-answer test, and the JDK
 * otherwise; the result is the same.
 *
 * <p>Takes bytes in order and ends in a digest. Used by one thread at a time.
 */
public final class Sha256 {
  private static final List<String> LIBRARIES = List.of("libcrypto.so.3", "libcrypto.so.1.1");

  /** Short enough that a garbage collection need not wait for the call: some 30 microseconds. */
  private static final int SLICE = 64 * 1024;

  private final Engine engine;

  /** Of this JVM, with the system's libcrypto if it has one. */
  public Sha256() {
    this(Library.FOUND.isPresent());
  }

  Sha256(boolean nativeCode) {
    this.engine = nativeCode ? new LibcryptoEngine(Library.FOUND.orElseThrow()) : new JdkEngine();
  }

  /** Whether the system's libcrypto does the work. */
  public static boolean isNative() {
    return Library.FOUND.isPresent();
  }

  public Sha256 update(byte[] bytes, int offset, int length) {
    Objects.checkFromIndexSize(offset, length, bytes.length);
    engine.update(bytes, offset, length);
    return this;
  }

  /** Takes the remaining bytes of a direct buffer, whose position stays as it is. */
  public Sha256 update(ByteBuffer direct) {
    engine.update(direct.duplicate());
    return this;
  }

  /** The 32 bytes of the digest of all bytes so far; starts anew after it. */
  public byte[] digest() {
    return engine.digest();
  }

  private sealed interface Engine {
    void update(byte[] bytes, int offset, int length);

    void update(ByteBuffer bytes);

    byte[] digest();
  }

  private static final class JdkEngine implements Engine {
    private final MessageDigest digest;

    JdkEngine() {
      try {
        digest = MessageDigest.getInstance("SHA-256");
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("the JDK has no SHA-256", e);
      }
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
      digest.update(bytes, offset, length);
    }

    @Override
    public void update(ByteBuffer bytes) {
      digest.update(bytes);
    }

    @Override
    public byte[] digest() {
      return digest.digest();
    }
  }

  /** The three functions, all called through one handle: trailing arguments do no harm. */
  private record Functions(
      MethodHandle call, MemorySegment init, MemorySegment update, MemorySegment end) {
    void run(MemorySegment function, MemorySegment context, MemorySegment bytes, long length) {
      try {
        int ok = (int) call.invokeExact(function, context, bytes, length);
        if (ok != 1) {
          throw new IllegalStateException("libcrypto refuses SHA-256");
        }
      } catch (RuntimeException | Error e) {
        throw e;
      } catch (Throwable e) {
        throw new AssertionError(e);
      }
    }
  }

  /** Looked for when the first hash is made. */
  private static final class Library {
    static final Optional<Functions> FOUND = find();

    private static Optional<Functions> find() {
      for (String name : LIBRARIES) {
        try {
          Functions functions = bind(SymbolLookup.libraryLookup(name, Arena.global()));
          if (isRight(functions)) {
            return Optional.of(functions);
          }
        } catch (IllegalArgumentException | java.util.NoSuchElementException e) {
          // Not on this machine, or without these symbols: the next one, or the JDK.
        }
      }
      return Optional.empty();
    }

    private static Functions bind(SymbolLookup library) {
      // Critical with heap access: the array is pinned for the call instead of copied.
      MethodHandle call =
          Linker.nativeLinker()
              .downcallHandle(
                  FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG),
                  Linker.Option.critical(true));
      return new Functions(
          call,
          library.findOrThrow("SHA256_Init"),
          library.findOrThrow("SHA256_Update"),
          library.findOrThrow("SHA256_Final"));
    }

    private static boolean isRight(Functions functions) {
      LibcryptoEngine engine = new LibcryptoEngine(functions);
      engine.update("abc".getBytes(StandardCharsets.US_ASCII), 0, 3);
      return HexFormat.of()
          .formatHex(engine.digest())
          .equals("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
  }

  private static final class LibcryptoEngine implements Engine {
    /** {@code SHA256_CTX}: eight words of state, a count, a block, two lengths: 112 bytes. */
    private final MemorySegment context = MemorySegment.ofArray(new long[16]);

    private final Functions functions;

    LibcryptoEngine(Functions functions) {
      this.functions = functions;
      functions.run(functions.init, context, MemorySegment.NULL, 0);
    }

    @Override
    public void update(byte[] bytes, int offset, int length) {
      update(MemorySegment.ofArray(bytes).asSlice(offset, length));
    }

    @Override
    public void update(ByteBuffer bytes) {
      update(MemorySegment.ofBuffer(bytes));
    }

    private void update(MemorySegment bytes) {
      for (long done = 0; done < bytes.byteSize(); done += SLICE) {
        long n = Math.min(SLICE, bytes.byteSize() - done);
        functions.run(functions.update, context, bytes.asSlice(done, n), n);
      }
    }

    @Override
    public byte[] digest() {
      // SHA256_Final takes the result first.
      MemorySegment result = MemorySegment.ofArray(new byte[32]);
      functions.run(functions.end, result, context, 0);
      functions.run(functions.init, context, MemorySegment.NULL, 0);
      return result.toArray(JAVA_BYTE);
    }
  }
}
