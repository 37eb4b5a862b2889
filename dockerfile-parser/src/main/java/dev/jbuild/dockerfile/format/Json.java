package dev.jbuild.dockerfile.format;

import dev.jbuild.dockerfile.ast.SourceText;

/** Writes JSON (RFC 8259) to a string. */
final class Json {
  private final StringBuilder out = new StringBuilder();

  /** Whether the next element needs a comma before it. */
  private boolean comma;

  Json open(char bracket) {
    separate();
    out.append(bracket);
    comma = false;
    return this;
  }

  Json close(char bracket) {
    out.append(bracket);
    comma = true;
    return this;
  }

  Json key(String key) {
    string(key);
    out.append(':');
    comma = false;
    return this;
  }

  Json string(String value) {
    separate();
    quote(out, value);
    return this;
  }

  Json strings(Iterable<String> values) {
    open('[');
    values.forEach(this::string);
    return close(']');
  }

  /** A number, true or false. */
  Json raw(Object value) {
    separate();
    out.append(value);
    return this;
  }

  Json newline() {
    out.append(comma ? ",\n" : "\n");
    comma = false;
    return this;
  }

  private void separate() {
    if (comma) {
      out.append(',');
    }
    comma = true;
  }

  /** A string in quotes; stray bytes become U+FFFD. */
  static void quote(StringBuilder out, String value) {
    String text = SourceText.printable(value);
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
