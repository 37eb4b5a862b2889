package dev.jbuild.engine.plan;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The proxy variables: given as {@code --build-arg} they reach RUN without an ARG, in both cases,
 * and are in no cache key (BuildKit semantics 13, 14).
 */
final class ProxyArgs {
  private static final List<String> NAMES =
      List.of("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY");

  private ProxyArgs() {}

  /**
   * @param declared what RUN sees anyway; those names are left out
   * @return {@code NAME=value} entries
   */
  static List<String> of(Map<String, String> buildArgs, Map<String, String> declared) {
    List<String> env = new ArrayList<>();
    for (String upper : NAMES) {
      String lower = upper.toLowerCase(Locale.ROOT);
      String value = buildArgs.getOrDefault(upper, buildArgs.get(lower));
      if (value != null) {
        for (String name : List.of(upper, lower)) {
          if (!declared.containsKey(name)) {
            env.add(name + "=" + value);
          }
        }
      }
    }
    return env;
  }
}
