package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

/**
 * One argument or flag value before expansion: quotes, escapes and variables are still in it. A
 * word of the JSON form holds the decoded string.
 *
 * @param text the text, line continuations already joined
 * @param span where it is written
 */
public record Word(String text, SourceSpan span) {
  public Word {
    requireNonNull(text);
    requireNonNull(span);
  }

  /**
   * The place of the character at {@code offset} of the text; the whole word where that is not
   * known exactly, which is when a continuation or a JSON escape lies within.
   */
  public SourceSpan spanAt(int offset) {
    boolean verbatim =
        span.startLine() == span.endLine()
            && text.codePointCount(0, text.length()) == span.endColumn() - span.startColumn();
    return verbatim && offset < text.length() ? span.at(text.codePointCount(0, offset)) : span;
  }
}
