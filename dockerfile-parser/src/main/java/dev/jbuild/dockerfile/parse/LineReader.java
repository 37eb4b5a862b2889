package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Blanks;
import dev.jbuild.dockerfile.ast.Comment;
import dev.jbuild.dockerfile.ast.Directives;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Word;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Finds the logical lines of a file: what must be done before a lexer can see them.
 *
 * <ul>
 *   <li>Blanks before a line's first physical line go; those before its continuations stay.
 *   <li>The escape character continues a line when only blanks and tabs follow it and no other
 *       escape character stands before it.
 *   <li>Comments and blank lines within a continuation are dropped.
 *   <li>A physical line holds at most 65,535 bytes; BuildKit's scanner can take no more.
 * </ul>
 *
 * Not thread-safe.
 */
final class LineReader {
  private static final int MAX_LINE_BYTES = 65_535;

  private final String file;
  private final SourceText source;
  private final Problems problems;
  private final @Nullable SourceSpan fixed;
  private final Directives directives;
  private final char escape;

  /** The next physical line, from 1. */
  private int next;

  private List<Comment> comments = new ArrayList<>();

  LineReader(String file, SourceText source, Problems problems, @Nullable SourceSpan fixed) {
    this.file = file;
    this.source = source;
    this.problems = problems;
    this.fixed = fixed;
    DirectiveReader reader = new DirectiveReader(file, source, problems);
    this.directives = reader.directives();
    this.escape = directives.escape();
    this.next = reader.nextLine();
  }

  Directives directives() {
    return directives;
  }

  /** The next logical line that is not empty; null at the end. */
  @Nullable LogicalLine next() {
    while (next <= source.lineCount()) {
      int line = next++;
      if (isTooLong(line)) {
        comments.clear();
        continue;
      }
      int start = skipBlanks(source.lineStart(line), end(line));
      if (start == end(line)) {
        comments.clear();
      } else if (source.text().charAt(start) == '#') {
        comment(start, end(line));
      } else {
        LogicalLine logical = logical(start, line);
        comments = new ArrayList<>();
        if (logical != null) {
          return logical;
        }
      }
    }
    return null;
  }

  /** Notes a problem when it is. */
  private boolean isTooLong(int line) {
    int length = rawEnd(line) - source.lineStart(line);
    // A char is at most three bytes of UTF-8.
    if (length * 3L <= MAX_LINE_BYTES) {
      return false;
    }
    String raw = source.text().substring(source.lineStart(line), rawEnd(line));
    int bytes = raw.getBytes(StandardCharsets.UTF_8).length;
    if (bytes > MAX_LINE_BYTES) {
      problems.add(
          span(source.lineStart(line), source.lineStart(line) + 1),
          "line is " + bytes + " bytes long, the limit is " + MAX_LINE_BYTES,
          "split it with line continuations, or put the text in a file");
      return true;
    }
    return false;
  }

  private SourceSpan span(int start, int end) {
    return fixed != null ? fixed : source.span(file, start, end);
  }

  private void comment(int start, int end) {
    String text = Blanks.strip(source.text().substring(start + 1, end));
    if (text.isEmpty()) {
      comments.clear();
    } else {
      comments.add(new Comment(text, span(start, end)));
    }
  }

  /** Null when one of its lines is too long. */
  private @Nullable LogicalLine logical(int start, int firstLine) {
    List<SourceSpan> blanks = new ArrayList<>();
    int end = end(firstLine);
    int join = continuation(start, end);
    int[] pieceStarts = {0};
    int[] sourceStarts = {start};
    if (join < 0) {
      String text = source.text().substring(start, end);
      return new LogicalLine(
          file, source, text, pieceStarts, sourceStarts, comments, blanks, fixed);
    }
    StringBuilder text = new StringBuilder().append(source.text(), start, join);
    int pieces = 1;
    int within = 0;
    boolean tooLong = false;
    while (join >= 0 && next <= source.lineCount()) {
      int line = next++;
      int from = source.lineStart(line);
      end = end(line);
      int first = skipBlanks(from, end);
      if (first == end) {
        // The empty rest after the last newline is no line.
        if (line < source.lineCount() || rawEnd(line) > from) {
          blanks.add(span(from, Math.max(from + 1, end)));
        }
      } else if (source.text().charAt(first) != '#') {
        tooLong |= isTooLong(line);
        within = blanks.size();
        join = continuation(from, end);
        if (pieces == pieceStarts.length) {
          pieceStarts = Arrays.copyOf(pieceStarts, pieces * 2);
          sourceStarts = Arrays.copyOf(sourceStarts, pieces * 2);
        }
        pieceStarts[pieces] = text.length();
        sourceStarts[pieces++] = from;
        text.append(source.text(), from, join < 0 ? end : join);
      }
    }
    if (tooLong) {
      return null;
    }
    // Those between an escape character at the end and that end continue nothing.
    blanks.subList(within, blanks.size()).clear();
    return new LogicalLine(
        file,
        source,
        text.toString(),
        Arrays.copyOf(pieceStarts, pieces),
        Arrays.copyOf(sourceStarts, pieces),
        comments,
        blanks,
        fixed);
  }

  /** Where the escape character that continues the line stands, or -1. */
  private int continuation(int start, int end) {
    int at = end - 1;
    while (at >= start && (source.text().charAt(at) == ' ' || source.text().charAt(at) == '\t')) {
      at--;
    }
    boolean continued =
        at >= start
            && source.text().charAt(at) == escape
            && (at == start || source.text().charAt(at - 1) != escape);
    return continued ? at : -1;
  }

  /**
   * Reads the body of a heredoc from the lines that follow.
   *
   * @return null, and a problem noted, when its terminator does not come
   */
  @Nullable Heredoc heredoc(HeredocWord word) {
    int first = next;
    int from = first <= source.lineCount() ? source.lineStart(first) : source.text().length();
    while (next <= source.lineCount()) {
      int line = next++;
      if (isTerminator(line, word)) {
        int contentEnd = source.lineStart(line);
        SourceSpan body =
            span(from, Math.max(from + 1, line == first ? end(line) : contentEnd - 1));
        return new Heredoc(
            word.name(),
            word.word(),
            word.fileDescriptor(),
            word.expand(),
            word.stripTabs(),
            source.text().substring(from, contentEnd),
            body,
            span(source.lineStart(line), end(line)));
      }
      isTooLong(line);
    }
    problems.add(
        word.word().span(),
        "heredoc " + Quoted.of(word.name()) + " is not terminated",
        "end it with a line that is exactly "
            + Quoted.of(word.name())
            + (word.stripTabs() ? " after any tabs" : ", without blanks around it"));
    return null;
  }

  private boolean isTerminator(int line, HeredocWord word) {
    int start = source.lineStart(line);
    int end = end(line);
    while (word.stripTabs() && start < end && source.text().charAt(start) == '\t') {
      start++;
    }
    return end - start == word.name().length() && source.text().startsWith(word.name(), start);
  }

  /** The end of the line without its line end. */
  private int end(int line) {
    int end = rawEnd(line);
    while (end > source.lineStart(line) && source.text().charAt(end - 1) == '\r') {
      end--;
    }
    return end;
  }

  private int rawEnd(int line) {
    return line < source.lineCount() ? source.lineStart(line + 1) - 1 : source.text().length();
  }

  private int skipBlanks(int start, int end) {
    return Blanks.skip(source.text(), start, end);
  }

  /** A word as ENV, ARG and flags have it, for the directives. */
  static Word word(SourceText source, String file, int start, int end) {
    return new Word(source.text().substring(start, end), source.span(file, start, end));
  }
}
