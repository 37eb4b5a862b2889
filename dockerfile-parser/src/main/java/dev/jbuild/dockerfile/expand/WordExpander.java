package dev.jbuild.dockerfile.expand;

import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.Word;

/**
 * Expands variables, quotes and escapes.
 *
 * <p>Immutable and thread-safe. Time and memory are linear in the length of the word plus that of
 * the result, and no nesting of {@code ${a:-${b:-c}}} overflows the stack.
 */
public final class WordExpander {
  private final char escape;

  /**
   * @param escape the escape character of the file, see {@code Directives.escape()}
   */
  public WordExpander(char escape) {
    this.escape = escape;
  }

  /**
   * Expands one word.
   *
   * @throws DockerfileException positioned in the word: bad substitution, unmatched quote, or a
   *     mandatory variable ({@code ${name:?message}}) that is missing
   */
  public Expansion expand(Word word, Variables variables) {
    if (escape == 0) {
      throw new IllegalStateException();
    }
    return Pending.pending();
  }

  /**
   * The data of a COPY or ADD heredoc: expanded with quotes kept when its delimiter is not quoted,
   * else as it is. The escape character in a body is always the backslash.
   *
   * @throws DockerfileException positioned at the body
   */
  public static Expansion expand(Heredoc heredoc, Variables variables) {
    return Pending.pending();
  }
}
