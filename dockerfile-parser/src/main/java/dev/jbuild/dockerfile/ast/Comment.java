package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

/**
 * A comment line.
 *
 * @param text without the {@code #} and the blanks around
 * @param span from the {@code #} to the end of the line
 */
public record Comment(String text, SourceSpan span) {
  public Comment {
    requireNonNull(text);
    requireNonNull(span);
  }
}
