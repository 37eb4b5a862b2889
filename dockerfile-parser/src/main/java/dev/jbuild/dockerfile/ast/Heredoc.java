package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.regex.Pattern;

/**
 * A here-document of RUN, COPY or ADD.
 *
 * @param name the delimiter, quotes removed; it ends the body and names the file COPY makes
 * @param word the whole word as written, such as {@code 3<<-"EOF"}
 * @param fileDescriptor the number before {@code <<}; 0 when there is none
 * @param expand false when any part of the delimiter is quoted
 * @param stripTabs whether it is {@code <<-}
 * @param content the body as written, each line with its newline
 * @param body the lines of the body; the terminator line alone when the body is empty
 * @param terminator the line that ends it
 */
public record Heredoc(
    String name,
    Word word,
    int fileDescriptor,
    boolean expand,
    boolean stripTabs,
    String content,
    SourceSpan body,
    SourceSpan terminator) {
  private static final Pattern LEADING_TABS = Pattern.compile("(?m)^\t+");

  public Heredoc {
    requireNonNull(name);
    requireNonNull(word);
    requireNonNull(content);
    requireNonNull(body);
    requireNonNull(terminator);
  }

  /**
   * The body as the file or script gets it: leading tabs removed from each line for {@code <<-}.
   */
  public String data() {
    return stripTabs ? LEADING_TABS.matcher(content).replaceAll("") : content;
  }
}
