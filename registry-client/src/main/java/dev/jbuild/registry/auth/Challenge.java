package dev.jbuild.registry.auth;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One challenge of a {@code WWW-Authenticate} header (RFC 9110 section 11.6.1).
 *
 * @param scheme in lower case: {@code basic}, {@code bearer}
 * @param parameters names in lower case, quotes and escapes removed
 */
public record Challenge(String scheme, Map<String, String> parameters) {
  public Challenge {
    parameters = Map.copyOf(parameters);
  }

  public Optional<String> parameter(String name) {
    return Optional.ofNullable(parameters.get(name));
  }

  /**
   * All challenges of all header lines, in order. Never throws: what cannot be read is skipped, as
   * a header is the other side's to get wrong.
   */
  public static List<Challenge> parse(List<String> headerValues) {
    List<Challenge> challenges = new ArrayList<>();
    for (String value : headerValues) {
      new Reader(value).readInto(challenges);
    }
    return List.copyOf(challenges);
  }

  /**
   * Scheme and parameter lists share the comma; only "token not followed by =" tells them apart.
   */
  private static final class Reader {
    private final String text;
    private int at;

    Reader(String text) {
      this.text = text;
    }

    void readInto(List<Challenge> challenges) {
      @Nullable String scheme = null;
      Map<String, String> parameters = new LinkedHashMap<>();
      while (true) {
        skipBlanksAndCommas();
        if (at >= text.length()) {
          break;
        }
        String token = token();
        if (token.isEmpty()) {
          at++;
          continue;
        }
        int mark = at;
        skipBlanks();
        if (at < text.length() && text.charAt(at) == '=' && scheme != null) {
          at++;
          skipBlanks();
          parameters.put(token.toLowerCase(Locale.ROOT), value());
        } else {
          at = mark;
          if (scheme != null) {
            challenges.add(new Challenge(scheme, parameters));
            parameters = new LinkedHashMap<>();
          }
          scheme = token.toLowerCase(Locale.ROOT);
        }
      }
      if (scheme != null) {
        challenges.add(new Challenge(scheme, parameters));
      }
    }

    private void skipBlanks() {
      while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
        at++;
      }
    }

    private void skipBlanksAndCommas() {
      while (at < text.length() && " \t,".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
    }

    private String token() {
      int start = at;
      while (at < text.length() && " \t,=\"".indexOf(text.charAt(at)) < 0) {
        at++;
      }
      return text.substring(start, at);
    }

    private String value() {
      if (at < text.length() && text.charAt(at) == '"') {
        at++;
        StringBuilder out = new StringBuilder();
        while (at < text.length() && text.charAt(at) != '"') {
          if (text.charAt(at) == '\\' && at + 1 < text.length()) {
            at++;
          }
          out.append(text.charAt(at++));
        }
        at++;
        return out.toString();
      }
      int start = at;
      while (at < text.length() && text.charAt(at) != ',' && text.charAt(at) != ' ') {
        at++;
      }
      return text.substring(start, at);
    }
  }
}
