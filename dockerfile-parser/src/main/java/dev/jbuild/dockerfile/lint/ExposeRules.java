package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.Word;
import java.util.List;
import java.util.Locale;

/** Rules about the ports of EXPOSE once they are expanded. */
final class ExposeRules {
  private ExposeRules() {}

  /**
   * @param word as written
   * @param ports what it expands to
   */
  static void check(Word word, List<String> ports, Findings findings) {
    for (String port : ports) {
      int slash = port.indexOf('/');
      String protocol = slash < 0 ? "" : port.substring(slash + 1);
      String lower = protocol.toLowerCase(Locale.ROOT);
      if (!protocol.equals(lower)) {
        findings.add(
            Rule.EXPOSE_PROTO_CASING,
            word.span(),
            "protocol of " + Quoted.of(port) + " is not in lower case",
            "write " + port.substring(0, slash + 1) + lower);
      }
      int colon = port.lastIndexOf(':');
      if (colon >= 0 && !port.substring(0, colon).replace(":", "").isEmpty()) {
        findings.add(
            Rule.EXPOSE_INVALID_FORMAT,
            word.span(),
            "EXPOSE has an address or host port in " + Quoted.of(port),
            "write the port of the container only; addresses are given when it is run");
      }
    }
  }
}
