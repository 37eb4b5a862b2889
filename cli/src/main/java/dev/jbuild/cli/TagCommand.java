package dev.jbuild.cli;

import dev.jbuild.image.Images;
import picocli.CommandLine.Parameters;

/** {@code jbuild tag IMAGE NAME}. */
@picocli.CommandLine.Command
final class TagCommand extends Command {
  @Parameters(index = "0", paramLabel = "IMAGE", description = "an image in the store")
  String source = "";

  @Parameters(index = "1", paramLabel = "NAME", description = "its further name")
  String name = "";

  @Override
  int run(Session session) {
    new Images(session.store()).tag(source, name);
    return Jbuild.OK;
  }
}
