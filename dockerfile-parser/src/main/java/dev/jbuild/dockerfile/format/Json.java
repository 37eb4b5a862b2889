package dev.jbuild.dockerfile.format;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import org.jspecify.annotations.Nullable;

/** Writes JSON (RFC 8259) to a string; that brackets and keys make sense is up to the caller. */
public final class Json {
  private final StringBuilder out = new StringBuilder();

  /** Whether the next element needs a comma before it. */
  private boolean comma;

  /** Begins an array or object. */
  public Json open(char bracket) {
    separate();
    out.append(bracket);
    comma = false;
    return this;
  }

  /** Ends it. */
  public Json close(char bracket) {
    out.append(bracket);
    comma = true;
    return this;
  }

  /** The name of a member; its value follows. */
  public Json key(String key) {
    string(key);
    out.append(':');
    comma = false;
    return this;
  }

  /** A string; stray bytes become U+FFFD. */
  public Json string(String value) {
    separate();
    quote(out, SourceText.printable(value));
    return this;
  }

  /** An array of strings. */
  public Json strings(Iterable<String> values) {
    open('[');
    values.forEach(this::string);
    return close(']');
  }

  /** A number, true or false. */
  public Json raw(Object value) {
    separate();
    out.append(value);
    return this;
  }

  /** A line end before the next element. */
  public Json newline() {
    out.append(comma ? ",\n" : "\n");
    comma = false;
    return this;
  }

  /** A member, left out when {@code value} is null. */
  public Json member(String key, @Nullable String value) {
    return value == null ? this : key(key).string(value);
  }

  /** The member {@code location}, in the shape BuildKit gives it. */
  public Json location(SourceSpan span) {
    key("location").open('{').key("ranges").open('[').open('{');
    position("start", span.startLine(), span.startColumn());
    position("end", span.endLine(), span.endColumn());
    return close('}').close(']').close('}');
  }

  private void position(String key, int line, int column) {
    key(key).open('{').key("line").raw(line).key("character").raw(column).close('}');
  }

  private void separate() {
    if (comma) {
      out.append(',');
    }
    comma = true;
  }

  /** A string in quotes. */
  static void quote(StringBuilder out, String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < ' ' || c == 0x7f || c == 0x2028 || c == 0x2029) {
            out.append("\\u%04x".formatted((int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  @Override
  public String toString() {
    return out.toString();
  }
}
