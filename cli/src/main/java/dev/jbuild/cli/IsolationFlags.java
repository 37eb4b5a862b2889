package dev.jbuild.cli;

import dev.jbuild.sandbox.Isolation;
import dev.jbuild.sandbox.UsernsRemap;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How RUN steps are held; the same for every command that runs any. */
final class IsolationFlags {
  @Option(
      names = "--isolation",
      paramLabel = "auto|namespaces|rootless|chroot|oci",
      description = "how RUN steps are isolated")
  @Nullable String isolation;

  @Option(
      names = "--oci-runtime",
      paramLabel = "NAME",
      description = "the runtime of --isolation=oci")
  @Nullable String ociRuntime;

  @Option(
      names = "--userns-remap",
      paramLabel = "auto|off|UID:GID:COUNT",
      description =
          "as root: ids of the machine for those of RUN steps; auto takes those of user jbuild in"
              + " /etc/subuid, else unused ones. Default off; in serve auto where it works")
  @Nullable String usernsRemap;

  /** Whether any of them was: what was asked for and cannot be had is an error at once. */
  boolean isGiven() {
    return isolation != null || ociRuntime != null || usernsRemap != null;
  }

  /** Tells the session; before its engine is asked for. */
  void apply(Session session, UsernsRemap otherwise) throws IOException {
    session.isolate(
        UsageError.of(() -> Isolation.parse(isolation == null ? "auto" : isolation)),
        ociRuntime,
        UsageError.of(() -> usernsRemap == null ? otherwise : UsernsRemap.parse(usernsRemap)));
  }
}
