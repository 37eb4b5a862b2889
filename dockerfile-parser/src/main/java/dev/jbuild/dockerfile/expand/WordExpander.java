package dev.jbuild.dockerfile.expand;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Word;
import java.util.List;
import java.util.Set;

/**
 * Expands variables, quotes and escapes.
 *
 * <p>The forms are {@code $v}, <code>${v}</code>, and in braces {@code v:-w v-w v:+w v+w v:?w v?w
 * v#p v##p v%p v%%p v/p/r v//p/r}. The word {@code w} may hold all of these again and is expanded
 * whether it is used or not. In the pattern {@code p} only {@code *} and {@code ?} are special. A
 * name that is a number or one of {@code @ * # ? - $ !} is a shell parameter, which is never set.
 * Single quotes keep everything; in double quotes the escape character works before <code>" $
 * </code> and itself; elsewhere it makes the next character ordinary.
 *
 * <p>Immutable and thread-safe. Time and memory are linear in the length of the word plus that of
 * the result, and no nesting of <code>${a:-${b:-c}}</code> overflows the stack.
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
   * Expands one word. Stray bytes in it become U+FFFD, as in BuildKit.
   *
   * @throws DockerfileException positioned in the word: bad substitution, unmatched quote, or a
   *     mandatory variable (<code>${name:?message}</code>) that is missing
   */
  public Expansion expand(Word word, Variables variables) {
    try {
      String text = SourceText.printable(word.text());
      return ShellWords.expand(text, escape, ShellWords.Mode.WORD, variables);
    } catch (ShellWords.Failure e) {
      throw new DockerfileException(
          List.of(Diagnostic.error(word.spanAt(e.offset()), e.text(), e.hint())));
    }
  }

  /**
   * The data of a COPY or ADD heredoc: expanded with quotes kept when its delimiter is not quoted,
   * else as it is. The escape character in a body is always the backslash.
   *
   * @throws DockerfileException positioned at the line of the body
   */
  public static Expansion expand(Heredoc heredoc, Variables variables) {
    String data = heredoc.data();
    if (!heredoc.expand()) {
      return new Expansion(data, List.of(), Set.of(), Set.of());
    }
    try {
      return ShellWords.expand(data, '\\', ShellWords.Mode.BODY, variables);
    } catch (ShellWords.Failure e) {
      int line = (int) data.substring(0, e.offset()).chars().filter(c -> c == '\n').count();
      int first = heredoc.body().startLine() + line;
      throw new DockerfileException(
          List.of(
              Diagnostic.error(
                  heredoc.body().line(first),
                  e.text() + " in heredoc \"" + heredoc.name() + "\"",
                  "quote the delimiter, <<\"" + heredoc.name() + "\", to keep the body as it is")));
    }
  }

  /**
   * The words of a line with quotes, escapes and variables kept, as a shell would see them; empty
   * when a quote is left open. Heredocs are looked for in these.
   */
  public static List<String> rawWords(String line) {
    return words(line, ShellWords.Mode.KEEP_ALL);
  }

  /**
   * The words of {@code text} with variables kept and quotes removed or kept; empty when a quote is
   * left open. The name of a heredoc is read this way.
   */
  public static List<String> words(String text, boolean keepQuotes) {
    return words(text, keepQuotes ? ShellWords.Mode.KEEP_QUOTES : ShellWords.Mode.KEEP_VARIABLES);
  }

  private static List<String> words(String text, ShellWords.Mode mode) {
    try {
      return ShellWords.expand(text, '\\', mode, name -> null).words();
    } catch (ShellWords.Failure e) {
      return List.of();
    }
  }
}
