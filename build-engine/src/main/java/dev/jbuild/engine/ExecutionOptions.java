package dev.jbuild.engine;

import dev.jbuild.sandbox.ExtraHost;
import dev.jbuild.sandbox.Limits;
import dev.jbuild.sandbox.NetworkMode;
import dev.jbuild.sandbox.SeccompProfile;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How RUN steps run. Limits, and the addresses behind extra host names, are not part of any cache
 * key.
 *
 * @param network for RUN steps without a {@code --network} of their own
 * @param entitlements what {@code --allow} granted
 * @param extraHosts as {@code --add-host}, in order
 * @param limits for each RUN step on its own
 * @param timeout after which a RUN step is killed
 * @param seccomp the policy of RUN steps in place of Docker's default one
 * @param noNewPrivileges whether setuid programs lose their effect
 * @param parallel steps that may execute at once, at least 1
 */
public record ExecutionOptions(
    NetworkMode network,
    Set<Entitlement> entitlements,
    List<ExtraHost> extraHosts,
    Limits limits,
    Optional<Duration> timeout,
    Optional<SeccompProfile> seccomp,
    boolean noNewPrivileges,
    int parallel) {

  /** Without a time-out, with Docker's policy, and with setuid programs that work. */
  public ExecutionOptions(
      NetworkMode network,
      Set<Entitlement> entitlements,
      List<ExtraHost> extraHosts,
      Limits limits,
      int parallel) {
    this(
        network,
        entitlements,
        extraHosts,
        limits,
        Optional.empty(),
        Optional.empty(),
        false,
        parallel);
  }

  public static final ExecutionOptions DEFAULT =
      new ExecutionOptions(
          NetworkMode.HOST,
          Set.of(),
          List.of(),
          Limits.NONE,
          Math.max(4, Runtime.getRuntime().availableProcessors()));

  public ExecutionOptions {
    if (parallel < 1) {
      throw new IllegalArgumentException("parallel must be at least 1, not " + parallel);
    }
    entitlements = Set.copyOf(entitlements);
    extraHosts = List.copyOf(extraHosts);
  }

  /** What {@code --allow} can grant beyond the default. */
  public enum Entitlement {
    NETWORK_HOST("network.host"),
    SECURITY_INSECURE("security.insecure"),
    /** A step may leave the value of a secret in its layer. */
    SECRET_IN_LAYER("secret-in-layer");

    private final String text;

    Entitlement(String text) {
      this.text = text;
    }

    /** As written on the command line. */
    public String text() {
      return text;
    }
  }
}
