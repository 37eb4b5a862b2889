package dev.jbuild.engine.option;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.sandbox.ExtraHost;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/** Further lines for {@code /etc/hosts} of RUN steps. */
public final class ExtraHosts {
  private ExtraHosts() {}

  /**
   * Reads {@code HOST:IP} or {@code HOST=IP}; an IPv6 address may stand in brackets.
   *
   * @param option as messages name it: {@code --add-host}
   * @return all of them, in order
   * @throws BuildFailure of kind {@code USER}
   */
  public static List<ExtraHost> parse(String option, List<String> lines) {
    List<ExtraHost> hosts = new ArrayList<>();
    for (String line : lines) {
      int at = line.indexOf('=') >= 0 ? line.indexOf('=') : line.indexOf(':');
      if (at <= 0 || at == line.length() - 1) {
        throw new BuildFailure(Kind.USER, option + " \"" + line + "\" is not HOST:IP");
      }
      String address = line.substring(at + 1);
      if (address.startsWith("[") && address.endsWith("]")) {
        address = address.substring(1, address.length() - 1);
      }
      if (!isAddress(address)) {
        throw new BuildFailure(
            Kind.USER,
            option + " \"" + line + "\": \"" + address + "\" is not an IP address",
            address.equals("host-gateway")
                ? "with the host's network, which is the default, that is 127.0.0.1"
                : null,
            null);
      }
      hosts.add(new ExtraHost(line.substring(0, at), address));
    }
    return hosts;
  }

  /** As /etc/hosts has it; fewer than four numbers are an address to Java. */
  private static boolean isAddress(String text) {
    try {
      return (text.indexOf(':') >= 0 || text.matches("\\d+\\.\\d+\\.\\d+\\.\\d+"))
          && InetAddress.ofLiteral(text) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
