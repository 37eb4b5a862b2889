package dev.jbuild.cli;

import dev.jbuild.registry.Logins;
import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.auth.RegistryHosts;
import dev.jbuild.registry.wire.Transports;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jbuild logout HOST[/PATH]}. */
@picocli.CommandLine.Command
final class LogoutCommand extends Command {
  @Mixin RegistryFlags registries = new RegistryFlags();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "HOST[/PATH]",
      description = "as it was given to login; default Docker Hub")
  @Nullable String host;

  @Override
  int run(Session session) {
    RegistryOptions options = registries.options(session.console().env());
    String name = host == null ? RegistryHosts.DOCKER_HUB : host;
    try (Registry transport = Transports.open(options)) {
      boolean was = new Logins(transport, options).logout(name);
      session.console().err().println(was ? "logged out of " + name : "not logged in to " + name);
    }
    return Jbuild.OK;
  }
}
