package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Blanks;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.grammar.DockerfileLexer;
import dev.jbuild.grammar.FoldedCharStream;
import java.util.ArrayList;
import java.util.List;
import org.antlr.v4.runtime.Lexer;
import org.antlr.v4.runtime.Token;

/** Cuts one logical line into words with their spans. Not thread-safe. */
final class LineLexer {
  /** The modes of the grammar in which a line or its arguments may be read. */
  enum Mode {
    /** Keyword and flags. */
    INSTRUCTION(Lexer.DEFAULT_MODE),
    WORDS(DockerfileLexer.WORDS),
    QUOTED_WORDS(DockerfileLexer.QUOTED_WORDS);

    private final int number;

    Mode(int number) {
      this.number = number;
    }
  }

  private final LogicalLine line;
  private final String text;
  private final char escape;
  private final int end;
  private final FoldedCharStream stream;
  private final DockerfileLexer lexer;

  /**
   * @param lexer is taken over until the next line is begun
   */
  LineLexer(LogicalLine line, char escape, DockerfileLexer lexer) {
    this.line = line;
    this.text = line.text();
    this.escape = escape;
    this.end = Blanks.skipBack(text, 0, text.length());
    this.stream = new FoldedCharStream(text, 0, end, escape, true);
    this.lexer = lexer;
    lexer.setInputStream(stream);
  }

  /** Where the line ends, blanks at its end left out. */
  int end() {
    return end;
  }

  String text() {
    return text;
  }

  LogicalLine line() {
    return line;
  }

  char escape() {
    return escape;
  }

  /** Begins to read at {@code start}. */
  void seek(int start, Mode mode) {
    lexer.reset();
    stream.seek(start);
    lexer.mode(mode.number);
  }

  Token next() {
    return lexer.nextToken();
  }

  /** The word of {@code token}; an empty one at the end of the line for the end of input. */
  Word word(Token token) {
    return token.getType() == Token.EOF
        ? word(end, end)
        : word(token.getStartIndex(), token.getStopIndex() + 1);
  }

  Word word(int from, int to) {
    return new Word(text.substring(from, to), line.span(from, to));
  }

  SourceSpan span(int from, int to) {
    return line.span(from, to);
  }

  /** The last character: where an argument is missing. */
  SourceSpan atEnd() {
    return line.span(Math.max(0, end - 1), end);
  }

  /** The words from {@code start} on. */
  List<Word> words(int start, Mode mode) {
    seek(start, mode);
    List<Word> words = new ArrayList<>();
    for (Token token = next(); token.getType() != Token.EOF; token = next()) {
      words.add(word(token));
    }
    return words;
  }

  /**
   * The words of ENV, LABEL and ARG from {@code start} on. An escape character that ends the line
   * escapes nothing and goes, and so does a word that was nothing else.
   */
  List<Word> quotedWords(int start) {
    List<Word> words = words(start, Mode.QUOTED_WORDS);
    if (words.isEmpty() || !endsInEscape(words.getLast().text())) {
      return words;
    }
    Word last = words.removeLast();
    if (last.text().length() > 1) {
      words.add(new Word(last.text().substring(0, last.text().length() - 1), last.span()));
    }
    return words;
  }

  private boolean endsInEscape(String raw) {
    char quote = 0;
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == escape && quote != '\'') {
        i++;
        if (i == raw.length()) {
          return true;
        }
      } else if (quote == 0 ? c == '"' || c == '\'' : c == quote) {
        quote = quote == 0 ? c : 0;
      }
    }
    return false;
  }
}
