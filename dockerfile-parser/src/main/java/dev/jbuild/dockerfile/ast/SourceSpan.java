package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

/**
 * A stretch of source text. Lines and columns count from 1; a tab, and any other code point, is one
 * column; a byte that is not UTF-8 is one column too.
 *
 * @param file the name the source was parsed under, as it is shown to the user
 * @param startLine line of the first character
 * @param startColumn column of the first character
 * @param endLine line of the last character
 * @param endColumn column just after the last character
 */
public record SourceSpan(String file, int startLine, int startColumn, int endLine, int endColumn) {

  public SourceSpan {
    requireNonNull(file);
    if (startLine < 1 || startColumn < 1 || endLine < startLine || endColumn < 1) {
      throw new IllegalArgumentException(
          "not a span: %d:%d-%d:%d".formatted(startLine, startColumn, endLine, endColumn));
    }
  }

  /** The span from the start of this one to the end of {@code last}, which must not lie before. */
  public SourceSpan to(SourceSpan last) {
    return new SourceSpan(file, startLine, startColumn, last.endLine, last.endColumn);
  }

  /** The one-column span at {@code offset} columns after the start of this span's first line. */
  public SourceSpan at(int offset) {
    return new SourceSpan(
        file, startLine, startColumn + offset, startLine, startColumn + offset + 1);
  }

  /** The start of {@code line}, which lies within this span. */
  public SourceSpan line(int line) {
    return new SourceSpan(file, line, 1, line, 2);
  }

  /** {@code file:line:column} of the start. */
  @Override
  public String toString() {
    return file + ":" + startLine + ":" + startColumn;
  }
}
