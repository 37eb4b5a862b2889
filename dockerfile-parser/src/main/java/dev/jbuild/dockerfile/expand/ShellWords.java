package dev.jbuild.dockerfile.expand;

import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.grammar.FoldedCharStream;
import dev.jbuild.grammar.WordLexer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/**
 * Word expansion over the tokens of WordLexer.
 *
 * <p>A stack of frames stands for what is open: the word itself, double quotes, and the words
 * inside {@code ${...}}. All frames write to one buffer, each from its own mark on, so that closing
 * a frame copies nothing and deep nesting costs no more than its length. As in BuildKit the word
 * after an operator is expanded whether or not it is used, so a mandatory variable in an unused
 * default fails too.
 */
final class ShellWords {
  /** How BuildKit's lexer is set up for different ends. */
  enum Mode {
    /** An argument: quotes and escapes are removed. */
    WORD,
    /** A heredoc body: quotes are text, escapes are removed. */
    BODY,
    /** For finding words only: quotes, escapes and variables are kept. */
    KEEP_ALL,
    /** For the name of a heredoc: as WORD, but variables are kept. */
    KEEP_VARIABLES,
    /** As {@link #KEEP_VARIABLES}, and quotes are kept. */
    KEEP_QUOTES
  }

  /** What is wrong, and at which offset of the text. */
  static final class Failure extends Exception {
    private static final long serialVersionUID = 1L;

    private final int offset;
    private final @Nullable String hint;

    Failure(int offset, String message, @Nullable String hint) {
      super(message, null, false, false);
      this.offset = offset;
      this.hint = hint;
    }

    String text() {
      return String.valueOf(getMessage());
    }

    int offset() {
      return offset;
    }

    @Nullable String hint() {
      return hint;
    }
  }

  private enum Kind {
    QUOTES,
    /** The word after an operator. */
    ALTERNATIVE,
    PATTERN,
    REPLACEMENT
  }

  private static final class Frame {
    final Kind kind;
    final int offset;
    final int mark;
    final boolean rawEscapes;
    String name = "";
    String operator = "";
    String pattern = "";

    Frame(Kind kind, int offset, int mark, boolean rawEscapes) {
      this.kind = kind;
      this.offset = offset;
      this.mark = mark;
      this.rawEscapes = rawEscapes;
    }
  }

  private final String text;
  private final char escape;
  private final Mode mode;
  private final Variables variables;
  private final boolean keepVariables;
  private final boolean keepQuotes;
  private final StringBuilder out = new StringBuilder();
  private final Deque<Frame> frames = new ArrayDeque<>();
  private final Set<String> used = new LinkedHashSet<>();
  private final Set<String> undefined = new LinkedHashSet<>();

  /** Stretches of {@code out} whose blanks do not separate words, as start and end. */
  private final List<int[]> solid = new ArrayList<>();

  private ShellWords(String text, char escape, Mode mode, Variables variables) {
    this.text = text;
    this.escape = escape;
    this.mode = mode;
    this.variables = variables;
    this.keepVariables =
        mode == Mode.KEEP_ALL || mode == Mode.KEEP_VARIABLES || mode == Mode.KEEP_QUOTES;
    this.keepQuotes = mode == Mode.KEEP_ALL || mode == Mode.KEEP_QUOTES;
  }

  static Expansion expand(String text, char escape, Mode mode, Variables variables) throws Failure {
    if (isPlain(text, escape)) {
      return new Expansion(text, split(text, List.of()), Set.of(), Set.of());
    }
    return new ShellWords(text, escape, mode, variables).run();
  }

  private static boolean isPlain(String text, char escape) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '$' || c == '\'' || c == '"' || c == escape) {
        return false;
      }
    }
    return true;
  }

  private Expansion run() throws Failure {
    boolean quotes = mode != Mode.BODY;
    WordLexer lexer = new WordLexer(new FoldedCharStream(text, 0, text.length(), escape, quotes));
    lexer.removeErrorListeners();
    Token token = lexer.nextToken();
    while (token.getType() != Token.EOF) {
      int before = out.length();
      boolean atTop = frames.isEmpty();
      switch (token.getType()) {
        case WordLexer.TEXT, WordLexer.QUOTED_BACKSLASH, WordLexer.DOLLAR -> text(token);
        case WordLexer.ESCAPE -> escape(token);
        case WordLexer.ESCAPE_END -> keepIfRaw(token);
        case WordLexer.QUOTED_ESCAPE -> quotedEscape(token);
        case WordLexer.SINGLE -> single(token);
        case WordLexer.SINGLE_OPEN -> throw unclosed(token.getStartIndex(), "'");
        case WordLexer.QUOTE -> openQuotes(token);
        case WordLexer.END_QUOTE -> closeQuotes();
        case WordLexer.VARIABLE -> variable(token);
        case WordLexer.OPEN -> brace(lexer, token.getStartIndex());
        case WordLexer.SLASH -> endPattern();
        case WordLexer.CLOSE -> closeBrace();
        default -> throw new IllegalStateException("token " + token);
      }
      boolean separates =
          switch (token.getType()) {
            case WordLexer.TEXT,
                WordLexer.DOLLAR,
                WordLexer.VARIABLE,
                WordLexer.OPEN,
                WordLexer.CLOSE ->
                true;
            default -> false;
          };
      if (atTop && !separates && out.length() > before) {
        solid.add(new int[] {before, out.length()});
      }
      token = lexer.nextToken();
    }
    if (!frames.isEmpty()) {
      throw unclosed();
    }
    String result = out.toString();
    return new Expansion(result, split(result, solid), used, undefined);
  }

  private void text(Token token) {
    if (token.getType() == WordLexer.QUOTED_BACKSLASH) {
      boolean last = token.getStopIndex() == text.length() - 1;
      if (rawEscapes()) {
        out.append(escape);
      }
      if (last) {
        return;
      }
    }
    out.append(text, token.getStartIndex(), token.getStopIndex() + 1);
  }

  private boolean rawEscapes() {
    return frames.isEmpty() ? mode == Mode.KEEP_ALL : frames.element().rawEscapes;
  }

  private void keepIfRaw(Token token) {
    if (rawEscapes()) {
      out.append(text, token.getStartIndex(), token.getStopIndex() + 1);
    }
  }

  private void escape(Token token) {
    if (rawEscapes()) {
      out.append(escape);
    }
    int end = token.getStopIndex() + 1;
    if (end < text.length() && Character.isSurrogatePair(text.charAt(end - 1), text.charAt(end))) {
      // The low surrogate follows as text, which comes to the same.
      out.append(text.charAt(end - 1));
      return;
    }
    out.append(text, token.getStartIndex() + 1, end);
  }

  private void quotedEscape(Token token) {
    if (rawEscapes()) {
      out.append(escape);
    }
    out.append(text.charAt(token.getStopIndex()));
  }

  private void single(Token token) {
    int inset = keepQuotes ? 0 : 1;
    out.append(text, token.getStartIndex() + inset, token.getStopIndex() + 1 - inset);
  }

  private void openQuotes(Token token) {
    frames.push(new Frame(Kind.QUOTES, token.getStartIndex(), out.length(), rawEscapes()));
    if (keepQuotes) {
      out.append('"');
    }
  }

  private void closeQuotes() {
    Frame frame = frames.pop();
    if (keepQuotes) {
      out.append('"');
    }
    if (frames.isEmpty() && out.length() > frame.mark) {
      solid.add(new int[] {frame.mark, out.length()});
    }
  }

  private @Nullable String lookUp(String name) {
    String value = variables.get(name);
    (value == null ? undefined : used).add(name);
    return value;
  }

  private void variable(Token token) {
    String name = text.substring(token.getStartIndex() + 1, token.getStopIndex() + 1);
    if (keepVariables) {
      out.append('$').append(name);
      return;
    }
    String value = lookUp(name);
    if (value != null) {
      out.append(value);
    }
  }

  /** After <code>${</code>: a name and what follows it. */
  private void brace(WordLexer lexer, int offset) throws Failure {
    int mark = out.length();
    String name = "";
    Token token = lexer.nextToken();
    if (token.getType() == WordLexer.NAME) {
      name = token.getText();
      token = lexer.nextToken();
    }
    if (keepVariables) {
      out.append("${").append(name);
      if (token.getType() != Token.EOF) {
        out.append(token.getText());
      }
    }
    switch (token.getType()) {
      case WordLexer.CLOSE -> {
        String value = keepVariables ? null : lookUp(name);
        if (value != null) {
          out.append(value);
        }
      }
      case WordLexer.OPERATOR -> {
        String operator = token.getText();
        boolean pattern = operator.equals("#") || operator.equals("%");
        push(new Frame(Kind.ALTERNATIVE, offset, mark, pattern), name, operator);
      }
      case WordLexer.REPLACE ->
          push(new Frame(Kind.PATTERN, offset, mark, true), name, token.getText());
      case Token.EOF -> throw missingBrace(offset);
      case WordLexer.BAD_NAME ->
          throw new Failure(
              offset,
              "bad substitution " + Quoted.of("${" + token.getText()),
              "write ${name}; for a plain dollar sign write " + escape + "$");
      default -> {
        String written = token.getText();
        throw new Failure(
            offset,
            "unsupported modifier " + Quoted.of(written) + " in substitution of " + Quoted.of(name),
            written.equals(":#") || written.equals(":%")
                ? "write " + written.charAt(1) + " without the colon"
                : "modifiers are :- - :+ + :? ? # ## % %% / and //");
      }
    }
  }

  private void push(Frame frame, String name, String operator) {
    frame.name = name;
    frame.operator = operator;
    frames.push(frame);
  }

  private void endPattern() {
    Frame pattern = frames.pop();
    Frame frame = new Frame(Kind.REPLACEMENT, pattern.offset, pattern.mark, true);
    push(frame, pattern.name, pattern.operator);
    if (keepVariables) {
      out.append('/');
    } else {
      frame.pattern = out.substring(pattern.mark);
      out.setLength(pattern.mark);
    }
  }

  private void closeBrace() throws Failure {
    Frame frame = frames.pop();
    if (keepVariables) {
      out.append('}');
      return;
    }
    String value = lookUp(frame.name);
    boolean set = value != null && !(frame.operator.startsWith(":") && value.isEmpty());
    switch (frame.operator) {
      case "-", ":-" -> {
        if (set) {
          replace(frame, value);
        }
      }
      case "+", ":+" -> {
        if (!set) {
          out.setLength(frame.mark);
        }
      }
      case "?", ":?" -> {
        if (!set) {
          throw required(frame, value == null);
        }
        replace(frame, value);
      }
      case "#", "%" -> strip(frame, value == null ? "" : value);
      default -> {
        String replacement = out.substring(frame.mark);
        ShellPattern pattern = pattern(frame, frame.pattern);
        boolean all = frame.operator.length() > 1;
        replace(frame, pattern.replace(value == null ? "" : value, replacement, all));
      }
    }
  }

  private void replace(Frame frame, @Nullable String value) {
    out.setLength(frame.mark);
    out.append(value);
  }

  private void strip(Frame frame, String value) throws Failure {
    String word = out.substring(frame.mark);
    boolean longest = word.startsWith(frame.operator);
    ShellPattern pattern = pattern(frame, longest ? word.substring(1) : word);
    replace(
        frame,
        frame.operator.equals("#")
            ? pattern.removePrefix(value, longest)
            : pattern.removeSuffix(value, longest));
  }

  private static ShellPattern pattern(Frame frame, String pattern) throws Failure {
    try {
      return ShellPattern.of(pattern);
    } catch (IllegalArgumentException e) {
      throw new Failure(
          frame.offset,
          "invalid pattern " + Quoted.of(pattern) + " in substitution: " + e.getMessage(),
          "a backslash escapes * ? and \\ only");
    }
  }

  private Failure required(Frame frame, boolean unset) {
    String word = out.substring(frame.mark);
    return new Failure(
        frame.offset,
        "variable "
            + Quoted.of(frame.name)
            + " is "
            + (unset ? "not set" : "empty")
            + (word.isEmpty() ? "" : ": " + Quoted.inner(word)),
        "pass it with --build-arg " + frame.name + "=... and declare it with ARG before this line");
  }

  private Failure unclosed() {
    // Quotes inside braces end first; the innermost thing open is what the reader looks for.
    Frame frame = frames.element();
    return switch (frame.kind) {
      case QUOTES -> unclosed(frame.offset, "\"");
      case ALTERNATIVE, REPLACEMENT -> missingBrace(frame.offset);
      case PATTERN ->
          new Failure(
              frame.offset,
              "missing \"/\" after the pattern of \"${" + frame.name + frame.operator + "\"",
              "write ${name/pattern/replacement}");
    };
  }

  private Failure missingBrace(int offset) {
    return new Failure(
        offset,
        "missing \"}\" for \"${\"",
        "close it with }; for a plain dollar sign write " + escape + "$");
  }

  private Failure unclosed(int offset, String quote) {
    return new Failure(
        offset,
        "unmatched " + (quote.equals("'") ? "single" : "double") + " quote",
        "close it, or write " + escape + quote + " for the character itself");
  }

  /** Splits at blanks outside of the {@code solid} stretches, which are in order. */
  private static List<String> split(String text, List<int[]> solid) {
    List<String> words = new ArrayList<>(1);
    int stretch = 0;
    int start = -1;
    for (int i = 0; i < text.length(); i++) {
      while (stretch < solid.size() && solid.get(stretch)[1] <= i) {
        stretch++;
      }
      boolean inside = stretch < solid.size() && solid.get(stretch)[0] <= i;
      if (!inside && FoldedCharStream.isSpace(text.charAt(i))) {
        if (start >= 0) {
          words.add(text.substring(start, i));
        }
        start = -1;
      } else if (start < 0) {
        start = i;
      }
    }
    if (start >= 0) {
      words.add(text.substring(start));
    }
    return words;
  }
}
