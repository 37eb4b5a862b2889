package dev.jbuild.layer;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import com.github.luben.zstd.util.Native;
import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;

/**
 * The functions of libzstd that layers need, from the library that zstd-jni carries.
 *
 * <p>zstd-jni's own binding links some fifty functions before the first is called, 0.2 s of CPU in
 * each process that meets one zstd layer. Here all go through one method handle: arguments are
 * words, and those too many do no harm in the C calling convention.
 *
 * <p>Functions are safe to call from several threads; a context is used by one at a time.
 */
final class Libzstd {
  private static final int C_LEVEL = 100;
  private static final int C_HASH_LOG = 102;
  private static final int C_CHAIN_LOG = 103;
  private static final int C_CHECKSUM = 201;

  /** The level whose tables are made to fit: the one that is used unless another is asked for. */
  private static final int DEFAULT_LEVEL = 3;

  /**
   * Two tables of 2^16 entries, 512 KiB together, in place of the 768 KiB that libzstd takes for a
   * long frame: what is looked up at random for each byte then stays in a core's second cache. Of
   * file systems the frames become up to 0.9 % longer.
   */
  private static final int DEFAULT_TABLE_LOG = 16;

  private static final int D_WINDOW_LOG_MAX = 100;

  /** Results above minus this are the negated codes of errors (zstd_errors.h: maxCode). */
  private static final long MAX_CODE = 120;

  private static final MethodHandle CALL =
      Linker.nativeLinker()
          .downcallHandle(
              FunctionDescriptor.of(
                  JAVA_LONG, JAVA_LONG, ADDRESS, JAVA_LONG, ADDRESS, ADDRESS, JAVA_LONG, ADDRESS));

  private static final MemorySegment COMPRESS2;
  private static final MemorySegment SET_C;
  private static final MemorySegment NEW_C;
  private static final MemorySegment FREE_C;
  private static final MemorySegment DECOMPRESS;
  private static final MemorySegment SET_D;
  private static final MemorySegment NEW_D;
  private static final MemorySegment FREE_D;
  private static final MemorySegment ERROR_NAME;

  static {
    Native.load();
    SymbolLookup library = SymbolLookup.loaderLookup();
    COMPRESS2 = library.findOrThrow("ZSTD_compress2");
    SET_C = library.findOrThrow("ZSTD_CCtx_setParameter");
    NEW_C = library.findOrThrow("ZSTD_createCCtx");
    FREE_C = library.findOrThrow("ZSTD_freeCCtx");
    DECOMPRESS = library.findOrThrow("ZSTD_decompressStream_simpleArgs");
    SET_D = library.findOrThrow("ZSTD_DCtx_setParameter");
    NEW_D = library.findOrThrow("ZSTD_createDCtx");
    FREE_D = library.findOrThrow("ZSTD_freeDCtx");
    ERROR_NAME = library.findOrThrow("ZSTD_getErrorName");
  }

  private Libzstd() {}

  private static long call(
      MemorySegment function,
      long context,
      MemorySegment a,
      long b,
      MemorySegment c,
      MemorySegment d,
      long e,
      MemorySegment f) {
    try {
      return (long) CALL.invokeExact(function, context, a, b, c, d, e, f);
    } catch (RuntimeException | Error e2) {
      throw e2;
    } catch (Throwable e2) {
      throw new AssertionError(e2);
    }
  }

  private static long call(MemorySegment function, long a, long b, long c) {
    MemorySegment none = MemorySegment.NULL;
    return call(function, a, MemorySegment.ofAddress(b), c, none, none, 0, none);
  }

  private static long check(long result) throws IOException {
    if (result < 0 && result >= -MAX_CODE) {
      String name =
          MemorySegment.ofAddress(call(ERROR_NAME, result, 0, 0))
              .reinterpret(256)
              .getString(0, StandardCharsets.US_ASCII);
      throw new IOException(name);
    }
    return result;
  }

  private static long created(long context) {
    if (context == 0) {
      throw new OutOfMemoryError("no memory for a zstd context");
    }
    return context;
  }

  /** Most bytes that {@code length} bytes become (ZSTD_COMPRESSBOUND). */
  static int bound(int length) {
    int margin = length < 128 * 1024 ? (128 * 1024 - length) >>> 11 : 0;
    return Math.addExact(length, (length >>> 8) + margin);
  }

  /** Makes frames of one level, each with the size of its content and a checksum of it. */
  static final class Compressor implements AutoCloseable {
    private long context = created(call(NEW_C, 0, 0, 0));

    Compressor(int level) throws IOException {
      check(call(SET_C, context, C_LEVEL, level));
      check(call(SET_C, context, C_CHECKSUM, 1));
      if (level == DEFAULT_LEVEL) {
        check(call(SET_C, context, C_HASH_LOG, DEFAULT_TABLE_LOG));
        check(call(SET_C, context, C_CHAIN_LOG, DEFAULT_TABLE_LOG));
      }
    }

    /** Compresses all of {@code data}, native memory, into one frame; the frame's length. */
    int frame(MemorySegment data, MemorySegment target) throws IOException {
      return (int)
          check(
              call(
                  COMPRESS2,
                  context,
                  target,
                  target.byteSize(),
                  data,
                  MemorySegment.ofAddress(data.byteSize()),
                  0,
                  MemorySegment.NULL));
    }

    @Override
    public void close() {
      call(FREE_C, context, 0, 0);
      context = 0;
    }
  }

  /** Reads frames, one after the other. */
  static final class Decompressor implements AutoCloseable {
    private long context = created(call(NEW_D, 0, 0, 0));

    /** Frames that need a window of more than 2^{@code windowLog} bytes are refused. */
    Decompressor(int windowLog) throws IOException {
      check(call(SET_D, context, D_WINDOW_LOG_MAX, windowLog));
    }

    /**
     * Decompresses from {@code source} at {@code sourceAt[0]} to {@code target} at {@code
     * targetAt[0]}, and moves both on: native memory all.
     *
     * @return 0 when a frame is complete and written out whole
     */
    long stream(
        MemorySegment target, MemorySegment targetAt, MemorySegment source, MemorySegment sourceAt)
        throws IOException {
      return check(
          call(
              DECOMPRESS,
              context,
              target,
              target.byteSize(),
              targetAt,
              source,
              source.byteSize(),
              sourceAt));
    }

    @Override
    public void close() {
      call(FREE_D, context, 0, 0);
      context = 0;
    }
  }
}
