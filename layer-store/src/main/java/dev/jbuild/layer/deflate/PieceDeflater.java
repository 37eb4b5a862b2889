package dev.jbuild.layer.deflate;

/**
 * Compresses a stream piece by piece, each on its own with what is before it as dictionary. A piece
 * ends on a byte boundary, so pieces that were compressed apart, at one time even, are one deflate
 * stream when put together; the last of them ends it. Used by one thread at a time.
 */
public interface PieceDeflater extends AutoCloseable {
  /** How far back a match may reach: more dictionary than this has no effect. */
  int DICTIONARY = Symbols.WINDOW;

  /** Bytes that {@code data} must have behind a piece; what they are does not matter. */
  int SLACK = 2 * Long.BYTES;

  /**
   * A compressor of this level.
   *
   * @param level 0 (stored) to 9
   */
  static PieceDeflater ofLevel(int level) {
    return level <= DeflateEncoder.MAX_LEVEL ? new DeflateEncoder(level) : new ZlibDeflater(level);
  }

  /** Length that {@code out} must have for a piece of {@code length} bytes. */
  int bound(int length);

  /**
   * Compresses {@code data} from {@code from} to {@code to}; what is before {@code from}, {@link
   * #DICTIONARY} bytes at most, is the dictionary.
   *
   * @param last whether the stream ends with this piece
   * @return the length of the result, which starts at the start of {@code out}
   */
  int deflate(byte[] data, int from, int to, boolean last, byte[] out);

  @Override
  void close();
}
