package dev.jbuild.layer.deflate;

/**
 * Finds repetitions: cuts data into literals and matches with what is before them, at most {@link
 * Symbols#WINDOW} back. What it makes is a function of the data alone.
 */
interface Parser {
  /** Matches are looked for as long as a whole word can be read. */
  int TAIL = Long.BYTES;

  /** Tokens after which {@link #parse} comes to an end, for the block splitter to have a look. */
  int SEGMENT = 8192;

  /** A segment's sequences are its tokens at most, and one for the literals at its end. */
  int SEQUENCES = SEGMENT + 1;

  /** Forgets everything, and makes the first {@code length} bytes known without coding them. */
  void start(byte[] data, int length);

  /**
   * Adds the tokens of the data from {@code from} to some position not after {@code to}.
   *
   * @param counts where the tokens' symbols are counted
   * @return that position
   */
  int parse(byte[] data, int from, int to, Tokens tokens, Histogram counts);
}
