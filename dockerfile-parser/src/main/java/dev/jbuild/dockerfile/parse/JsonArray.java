package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.grammar.FoldedCharStream;
import dev.jbuild.grammar.JsonLexer;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/**
 * Reads the exec form. Text that is not one JSON array is no error: it is shell form. Valid JSON
 * with an element that is no string is an error (BuildKit parseJSON).
 */
final class JsonArray {
  /** As deep as Go's encoding/json goes; deeper is not JSON to it. */
  private static final int MAX_DEPTH = 10_000;

  private enum State {
    VALUE,
    VALUE_OR_END,
    KEY,
    KEY_OR_END,
    COLON,
    AFTER_VALUE
  }

  private final LogicalLine line;
  private final JsonLexer lexer;
  private final BitSet arrays = new BitSet();
  private final List<Word> strings = new ArrayList<>();
  private @Nullable SourceSpan other;
  private int depth;

  private JsonArray(LogicalLine line, int start, int end) {
    this.line = line;
    this.lexer = new JsonLexer(new FoldedCharStream(line.text(), start, end, '\\', true));
    lexer.removeErrorListeners();
  }

  /** The array in {@code line} from {@code start} to before {@code end}; null when it is none. */
  static @Nullable JsonArray of(LogicalLine line, int start, int end) {
    if (start == end || line.text().charAt(start) != '[') {
      return null;
    }
    JsonArray array = new JsonArray(line, start, end);
    return array.read() ? array : null;
  }

  /** The strings, decoded. */
  List<Word> strings() {
    return strings;
  }

  /** The first element that is no string, or null. */
  @Nullable SourceSpan other() {
    return other;
  }

  private boolean read() {
    State state = State.VALUE;
    for (Token token = lexer.nextToken(); ; token = lexer.nextToken()) {
      int type = token.getType();
      if (type == Token.EOF) {
        return state == State.AFTER_VALUE && depth == 0;
      }
      if (depth == 0 && state == State.AFTER_VALUE) {
        return false;
      }
      State next =
          switch (state) {
            case VALUE -> value(token);
            case VALUE_OR_END -> type == JsonLexer.CLOSE_ARRAY ? close() : value(token);
            case KEY -> type == JsonLexer.STRING ? State.COLON : null;
            case KEY_OR_END ->
                type == JsonLexer.CLOSE_OBJECT
                    ? close()
                    : type == JsonLexer.STRING ? State.COLON : null;
            case COLON -> type == JsonLexer.COLON ? State.VALUE : null;
            case AFTER_VALUE -> after(type);
          };
      if (next == null) {
        return false;
      }
      state = next;
    }
  }

  private @Nullable State value(Token token) {
    if (depth == 1 && token.getType() != JsonLexer.STRING && other == null) {
      other = line.span(token.getStartIndex(), token.getStopIndex() + 1);
    }
    return switch (token.getType()) {
      case JsonLexer.STRING -> {
        if (depth == 1) {
          strings.add(decode(token));
        }
        yield State.AFTER_VALUE;
      }
      case JsonLexer.NUMBER, JsonLexer.LITERAL -> State.AFTER_VALUE;
      case JsonLexer.OPEN_ARRAY -> open(true, State.VALUE_OR_END);
      case JsonLexer.OPEN_OBJECT -> open(false, State.KEY_OR_END);
      default -> null;
    };
  }

  private @Nullable State open(boolean array, State next) {
    if (depth == MAX_DEPTH) {
      return null;
    }
    arrays.set(depth++, array);
    return next;
  }

  private State close() {
    depth--;
    return State.AFTER_VALUE;
  }

  private @Nullable State after(int type) {
    boolean inArray = arrays.get(depth - 1);
    if (type == JsonLexer.COMMA) {
      return inArray ? State.VALUE : State.KEY;
    }
    return type == (inArray ? JsonLexer.CLOSE_ARRAY : JsonLexer.CLOSE_OBJECT) ? close() : null;
  }

  private Word decode(Token token) {
    int start = token.getStartIndex();
    int end = token.getStopIndex() + 1;
    String raw = line.text();
    StringBuilder text = new StringBuilder(end - start);
    for (int i = start + 1; i < end - 1; i++) {
      char c = raw.charAt(i);
      if (c != '\\') {
        text.append(c);
        continue;
      }
      c = raw.charAt(++i);
      switch (c) {
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'u' -> {
          text.append((char) Integer.parseInt(raw, i + 1, i + 5, 16));
          i += 4;
        }
        default -> text.append(c);
      }
    }
    return new Word(withoutStraySurrogates(text, raw, start, end), line.span(start, end));
  }

  /** An escape such as "\\ud800" that is half a pair becomes U+FFFD, as in Go. */
  private static String withoutStraySurrogates(StringBuilder text, String raw, int start, int end) {
    boolean escaped = raw.indexOf("\\u", start) >= 0 && raw.indexOf("\\u", start) < end;
    return escaped ? SourceText.printable(text.toString()) : text.toString();
  }
}
