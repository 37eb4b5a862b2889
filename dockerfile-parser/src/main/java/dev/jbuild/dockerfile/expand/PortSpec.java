package dev.jbuild.dockerfile.expand;

import dev.jbuild.dockerfile.ast.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The argument of EXPOSE once expanded: {@code [ip:][host:]port[-port][/tcp|udp|sctp]}. */
public final class PortSpec {
  private static final int MAX_PORT = 65_535;

  private PortSpec() {}

  /**
   * The ports as the image config has them, such as {@code 80/tcp}; ranges are expanded, the
   * protocol is in lower case and tcp unless given, host port and address are dropped.
   *
   * @throws IllegalArgumentException with a message for the user when it is not a port
   */
  public static List<String> parse(String spec) {
    int colon = spec.lastIndexOf(':');
    String container = spec.substring(colon + 1);
    int slash = container.indexOf('/');
    String ports = slash < 0 ? container : container.substring(0, slash);
    String protocol = slash < 0 ? "" : container.substring(slash + 1).toLowerCase(Locale.ROOT);
    switch (protocol) {
      case "" -> protocol = "tcp";
      case "tcp", "udp", "sctp" -> {}
      default ->
          throw invalid(spec, "protocol " + Quoted.of(protocol) + " is not tcp, udp or sctp");
    }
    int[] range = range(spec, ports);
    if (colon >= 0) {
      checkHost(spec, spec.substring(0, colon), range);
    }
    List<String> out = new ArrayList<>(range[1] - range[0] + 1);
    for (int port = range[0]; port <= range[1]; port++) {
      out.add(port + "/" + protocol);
    }
    return out;
  }

  private static void checkHost(String spec, String host, int[] range) {
    int colon = host.lastIndexOf(':');
    String hostPorts = host.substring(colon + 1);
    String address = colon < 0 ? "" : host.substring(0, colon);
    if (!address.isEmpty() && !isAddress(address)) {
      throw invalid(spec, Quoted.of(address) + " is not an IP address");
    }
    if (!hostPorts.isEmpty()) {
      int[] hostRange = range(spec, hostPorts);
      if (range[0] != range[1] && range[1] - range[0] != hostRange[1] - hostRange[0]) {
        throw invalid(spec, "the ranges of host and container differ in length");
      }
    }
  }

  private static boolean isAddress(String text) {
    String address =
        text.startsWith("[") && text.endsWith("]") ? text.substring(1, text.length() - 1) : text;
    return address.contains(":")
        ? address.matches("[0-9a-fA-F:.]{2,45}(%\\w+)?")
        : address.matches("(?:(?:25[0-5]|2[0-4]\\d|1?\\d?\\d)(?:\\.(?!$)|$)){4}");
  }

  private static int[] range(String spec, String ports) {
    int dash = ports.indexOf('-');
    int start = port(spec, dash < 0 ? ports : ports.substring(0, dash));
    int end = dash < 0 ? start : port(spec, ports.substring(dash + 1));
    if (end < start) {
      throw invalid(spec, "the range ends before it starts");
    }
    return new int[] {start, end};
  }

  private static int port(String spec, String digits) {
    boolean number = !digits.isEmpty() && digits.chars().allMatch(c -> c >= '0' && c <= '9');
    if (!number || digits.length() > 9 || Integer.parseInt(digits) > MAX_PORT) {
      throw invalid(
          spec, digits.isEmpty() ? "the port is missing" : Quoted.of(digits) + " is not a port");
    }
    return Integer.parseInt(digits);
  }

  private static IllegalArgumentException invalid(String spec, String reason) {
    return new IllegalArgumentException("invalid port " + Quoted.of(spec) + ": " + reason);
  }
}
