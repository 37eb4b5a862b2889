package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import org.jspecify.annotations.Nullable;

/**
 * Finds a word in the lines of an instruction, for failures that know the word and not its place.
 * An argument of its own comes before a part of a flag, as in {@code COPY --from=a a /b}.
 */
final class WordPlace {
  private WordPlace() {}

  /** The word's first place in {@code within}, or {@code within} where it does not stand. */
  static SourceSpan of(SourceText source, SourceSpan within, String word) {
    String arguments = " \t\"',[]";
    SourceSpan found = find(source, within, word, arguments);
    if (found == null) {
      found = find(source, within, word, arguments + "=:");
    }
    return found == null ? within : found;
  }

  private static @Nullable SourceSpan find(
      SourceText source, SourceSpan within, String word, String borders) {
    if (word.isEmpty()) {
      return null;
    }
    int last = Math.min(within.endLine(), source.lineCount());
    for (int number = within.startLine(); number <= last; number++) {
      String line = source.line(number);
      for (int at = line.indexOf(word); at >= 0; at = line.indexOf(word, at + 1)) {
        int end = at + word.length();
        boolean begins = at == 0 || borders.indexOf(line.charAt(at - 1)) >= 0;
        boolean ends = end == line.length() || borders.indexOf(line.charAt(end)) >= 0;
        if (begins && ends) {
          int start = source.lineStart(number) + at;
          return source.span(within.file(), start, start + word.length());
        }
      }
    }
    return null;
  }
}
