package dev.jbuild.cli;

import dev.jbuild.image.Images;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Parameters;

/** {@code jbuild rmi NAME…}: the space comes back when the store is next collected. */
@picocli.CommandLine.Command
final class RmiCommand extends Command {
  @Parameters(
      arity = "1..*",
      paramLabel = "NAME",
      description = "a name, or a digest for all its names")
  List<String> names = new ArrayList<>();

  @Override
  int run(Session session) {
    Images images = new Images(session.store());
    for (String name : names) {
      images.remove(name).forEach(gone -> session.console().out().println("removed " + gone));
    }
    return Jbuild.OK;
  }
}
