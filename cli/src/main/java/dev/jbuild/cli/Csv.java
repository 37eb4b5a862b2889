package dev.jbuild.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Values such as {@code type=oci,dest=out.tar}: one CSV record of key=value fields (RFC 4180). */
final class Csv {
  private Csv() {}

  /** The fields; one in double quotes may hold commas, and {@code ""} for a quote. */
  static List<String> fields(String text) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted) {
        if (c != '"') {
          field.append(c);
        } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
          field.append('"');
          i++;
        } else {
          quoted = false;
        }
      } else if (c == '"' && field.isEmpty()) {
        quoted = true;
      } else if (c == ',') {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    if (quoted) {
      throw new UsageError("a quote is not closed in \"" + text + "\"");
    }
    fields.add(field.toString());
    return fields;
  }

  /**
   * The fields as a map; keys in lower case.
   *
   * @param flag names the flag in an error
   * @param known the keys there are; another one is an error
   */
  static Map<String, String> map(String flag, String text, Set<String> known) {
    return map(flag, text, fields(text), known);
  }

  /** As above, of some of the text's fields. */
  static Map<String, String> map(String flag, String text, List<String> fields, Set<String> known) {
    Map<String, String> map = new LinkedHashMap<>();
    for (String field : fields) {
      int equals = field.indexOf('=');
      if (equals <= 0) {
        throw new UsageError(flag + " \"" + text + "\": \"" + field + "\" is not key=value");
      }
      String key = field.substring(0, equals).strip().toLowerCase(java.util.Locale.ROOT);
      if (!known.contains(key)) {
        String near = Words.nearest(key, List.copyOf(known));
        throw new UsageError(
            flag + " \"" + text + "\": unknown key \"" + key + "\"",
            near == null ? null : "did you mean \"" + near + "\"?");
      }
      map.put(key, field.substring(equals + 1));
    }
    return map;
  }

  /** {@code true}, {@code false}, {@code 1} or {@code 0}, as Go's flags take them. */
  static boolean bool(String what, String value) {
    return switch (value.toLowerCase(java.util.Locale.ROOT)) {
      case "true", "1", "t" -> true;
      case "false", "0", "f" -> false;
      default -> throw new UsageError(what + " is true or false, not \"" + value + "\"");
    };
  }
}
