package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Blanks;
import dev.jbuild.dockerfile.ast.Directives;
import dev.jbuild.dockerfile.ast.Directives.Directive;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Reads the directives {@code # name=value} that lead a file. The first line that is none, or has a
 * name that is not known, ends them. After a line {@code #!...} only {@code syntax} and {@code
 * check} count, as in BuildKit.
 */
final class DirectiveReader {
  private static final Set<String> NAMES = Set.of("syntax", "escape", "check");

  private final String file;
  private final SourceText source;
  private final Problems problems;
  private final List<Directive> found = new ArrayList<>();
  private char escape = '\\';
  private int next = 1;

  DirectiveReader(String file, SourceText source, Problems problems) {
    this.file = file;
    this.source = source;
    this.problems = problems;
    boolean shebang = source.text().startsWith("#!");
    if (shebang) {
      next++;
    }
    while (next <= source.lineCount() && read(next, shebang)) {
      next++;
    }
  }

  Directives directives() {
    return new Directives(found, escape);
  }

  /** The first line that is no directive. */
  int nextLine() {
    return next;
  }

  private boolean read(int line, boolean shebang) {
    String text = source.text();
    int end = source.lineStart(line) + source.line(line).length();
    int hash = Blanks.skip(text, source.lineStart(line), end);
    if (hash == end || text.charAt(hash) != '#') {
      return false;
    }
    int name = Blanks.skip(text, hash + 1, end);
    int nameEnd = name;
    while (nameEnd < end && isNameChar(text.charAt(nameEnd), nameEnd == name)) {
      nameEnd++;
    }
    int equals = skipAscii(text, nameEnd, end);
    if (nameEnd == name || equals == end || text.charAt(equals) != '=') {
      return false;
    }
    int value = skipAscii(text, equals + 1, end);
    int valueEnd = end;
    while (valueEnd > value && isAsciiBlank(text.charAt(valueEnd - 1))) {
      valueEnd--;
    }
    String key = text.substring(name, nameEnd).toLowerCase(Locale.ROOT);
    if (value == valueEnd || !NAMES.contains(key) || (shebang && key.equals("escape"))) {
      return false;
    }
    Word word = LineReader.word(source, file, value, valueEnd);
    add(new Directive(key, word, source.span(file, hash, valueEnd)));
    return true;
  }

  private void add(Directive directive) {
    String name = directive.name();
    SourceSpan span = directive.span();
    if (found.stream().anyMatch(other -> other.name().equals(name))) {
      problems.add(span, "directive \"" + name + "\" is given twice", "keep one of them");
      return;
    }
    found.add(directive);
    if (name.equals("escape")) {
      String value = directive.value().text();
      if (value.equals("\\") || value.equals("`")) {
        escape = value.charAt(0);
      } else {
        problems.add(
            directive.value().span(),
            "escape character is \\ or `, not " + Quoted.of(value),
            "write # escape=` or remove the line");
      }
    }
  }

  private static boolean isNameChar(char c, boolean first) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!first && c >= '0' && c <= '9');
  }

  private static int skipAscii(String text, int start, int end) {
    int at = start;
    while (at < end && isAsciiBlank(text.charAt(at))) {
      at++;
    }
    return at;
  }

  private static boolean isAsciiBlank(char c) {
    return c == ' ' || c == '\t' || c == '\f' || c == '\r';
  }
}
