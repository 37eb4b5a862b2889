package dev.jbuild.engine.shell;

import dev.jbuild.sandbox.Limits;
import java.util.Map;

/**
 * How the build ran its steps.
 *
 * @param isolation as {@code --isolation} has it; empty if no step ran
 * @param ociRuntime the runtime's path with isolation oci, else empty
 * @param hostname of the steps' machine
 * @param extraHosts name to address
 */
public record KeptExecution(
    String isolation,
    String ociRuntime,
    String hostname,
    Map<String, String> extraHosts,
    Limits limits) {
  public KeptExecution {
    extraHosts = Map.copyOf(extraHosts);
  }
}
