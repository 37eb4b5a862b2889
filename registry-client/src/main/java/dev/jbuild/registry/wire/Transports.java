package dev.jbuild.registry.wire;

import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryOptions;

/** Opens transports. */
public final class Transports {
  private Transports() {}

  /** The transport that the options ask for. Costs nothing before the first request. */
  public static Registry open(RegistryOptions options) {
    return switch (options.transport()) {
      case HTTP -> new HttpTransport(options);
      case JIB -> new JibTransport(options);
    };
  }
}
