package dev.jbuild.cli;

import dev.jbuild.registry.Logins;
import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.auth.RegistryHosts;
import dev.jbuild.registry.wire.Transports;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jbuild login HOST[/PATH]}. The password never stands on the command line. */
@picocli.CommandLine.Command
final class LoginCommand extends Command {
  private static final int LONGEST = 64 << 10;

  @Mixin RegistryFlags registries = new RegistryFlags();

  @Option(
      names = {"-u", "--username"},
      paramLabel = "NAME",
      required = true,
      description = "whose password it is")
  String user = "";

  @Option(names = "--password-stdin", description = "read the password from standard input")
  boolean passwordStdin;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "HOST[/PATH]",
      description = "a registry, or its repositories below a path; default Docker Hub")
  @Nullable String host;

  @Override
  int run(Session session) throws IOException {
    if (user.indexOf(':') >= 0) {
      throw new UsageError("a user name holds no colon", "--username is the name alone");
    }
    RegistryOptions options = registries.options(session.console().env());
    try (Registry transport = Transports.open(options)) {
      String place = host == null ? RegistryHosts.DOCKER_HUB : host;
      Logins.Kept kept =
          new Logins(transport, options).login(place, user, password(session.console()));
      session.console().err().println("logged in; kept in " + kept.place());
      kept.hidden()
          .ifPresent(other ->
              session
                  .console()
                  .err()
                  .println(
                      "warning: "
                          + other
                          + " is used all the same: that file is read first; remove it there, or"
                          + " name the file to use with REGISTRY_AUTH_FILE"));
    }
    return Jbuild.OK;
  }

  // Without a terminal JDK 22 to 24 have a console that is none, and all others have null.
  @SuppressWarnings("SystemConsoleNull")
  private String password(Console console) throws IOException {
    if (passwordStdin) {
      String text = new String(console.in().readNBytes(LONGEST), StandardCharsets.UTF_8);
      // The end of the line only: a password may begin or end with a blank.
      return text.replaceFirst("\\R\\z", "");
    }
    java.io.@Nullable Console terminal = System.console();
    if (terminal == null || !terminal.isTerminal()) {
      throw new UsageError(
          "there is no terminal to ask for the password on", "use --password-stdin");
    }
    char[] typed = terminal.readPassword("password: ");
    return typed == null ? "" : new String(typed);
  }
}
