package dev.jbuild.engine.shell;

import dev.jbuild.sandbox.ExtraHost;
import dev.jbuild.sandbox.Limits;
import java.util.List;
import java.util.Optional;

/**
 * How the build ran its steps.
 *
 * @param isolation as {@code --isolation} has it; empty if no step ran
 * @param ociRuntime the runtime's path with isolation oci, else empty
 * @param hostname of the steps' machine
 * @param extraHosts in order
 * @param seccomp the policy in place of Docker's default one, as the JSON that it was given as
 * @param noNewPrivileges whether setuid programs lose their effect
 */
public record KeptExecution(
    String isolation,
    String ociRuntime,
    String hostname,
    List<ExtraHost> extraHosts,
    Limits limits,
    Optional<String> seccomp,
    boolean noNewPrivileges) {
  public KeptExecution {
    extraHosts = List.copyOf(extraHosts);
  }
}
