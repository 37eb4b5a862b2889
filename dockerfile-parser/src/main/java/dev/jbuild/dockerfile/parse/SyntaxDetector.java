package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Directives.Directive;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Word;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the {@code syntax} directive of files that are no Dockerfiles: {@code // syntax=name}
 * leading the file, or a JSON object with a member {@code "syntax"}. A line {@code #!...} may come
 * first.
 */
public final class SyntaxDetector {
  private static final Pattern SLASHES =
      Pattern.compile(
          "\\A(?:#![^\n]*\n)?(?://[ \t]*(?:check|escape)[ \t]*=[^\n]*\n)*(//\\s*syntax\\s*=\\s*(\\S+))",
          Pattern.CASE_INSENSITIVE);
  private static final Pattern JSON =
      Pattern.compile("\\A(?:#![^\n]*\n)?\\s*\\{[^{}]*?(\"syntax\"\\s*:\\s*\"([^\"\\\\]+)\")");

  /** A directive stands near the top; nothing behind this is looked at. */
  private static final int HEAD = 4096;

  private SyntaxDetector() {}

  /** The frontend that the file names in a form which only files of another language have. */
  public static Optional<Directive> foreign(String file, SourceText source) {
    String head = source.text().substring(0, Math.min(HEAD, source.text().length()));
    for (Pattern pattern : new Pattern[] {SLASHES, JSON}) {
      Matcher matcher = pattern.matcher(head);
      if (matcher.find()) {
        Word value =
            new Word(matcher.group(2), source.span(file, matcher.start(2), matcher.end(2)));
        return Optional.of(
            new Directive("syntax", value, source.span(file, matcher.start(1), matcher.end(1))));
      }
    }
    return Optional.empty();
  }
}
