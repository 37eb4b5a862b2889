package dev.jbuild.engine.option;

import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Values such as {@code type=oci,dest=out.tar}: one CSV record of key=value fields (RFC 4180). */
public final class KeyValues {
  private KeyValues() {}

  /** The fields; one in double quotes may hold commas, and {@code ""} for a quote. */
  public static List<String> fields(String text) {
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
      throw new BuildFailure(Kind.USER, "a quote is not closed in \"" + text + "\"");
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
  public static Map<String, String> map(String flag, String text, Set<String> known) {
    return map(flag, text, fields(text), known);
  }

  /** As above, of some of the text's fields. */
  public static Map<String, String> map(
      String flag, String text, List<String> fields, Set<String> known) {
    Map<String, String> map = new LinkedHashMap<>();
    for (String field : fields) {
      int equals = field.indexOf('=');
      if (equals <= 0) {
        throw new BuildFailure(
            Kind.USER, flag + " \"" + text + "\": \"" + field + "\" is not key=value");
      }
      String key = field.substring(0, equals).strip().toLowerCase(Locale.ROOT);
      if (!known.contains(key)) {
        throw new BuildFailure(
            Kind.USER,
            flag + " \"" + text + "\": unknown key \"" + key + "\"",
            Nearest.hint(key, new TreeSet<>(known)).orElse(null),
            null);
      }
      map.put(key, field.substring(equals + 1));
    }
    return map;
  }

  /** {@code true}, {@code false}, {@code 1} or {@code 0}, as Go's flags take them. */
  public static boolean bool(String what, String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "true", "1", "t" -> true;
      case "false", "0", "f" -> false;
      default ->
          throw new BuildFailure(Kind.USER, what + " is true or false, not \"" + value + "\"");
    };
  }
}
