package dev.jbuild.dockerfile.expand;

import java.util.List;

/** The argument of EXPOSE once expanded: {@code [ip:][host:]port[-port][/tcp|udp|sctp]}. */
public final class PortSpec {
  private PortSpec() {}

  /**
   * The ports as the image config has them, such as {@code 80/tcp}; ranges are expanded, the
   * protocol is in lower case and tcp unless given, host and address are dropped.
   *
   * @throws IllegalArgumentException with a message for the user when it is not a port
   */
  public static List<String> parse(String spec) {
    return Pending.pending();
  }
}
