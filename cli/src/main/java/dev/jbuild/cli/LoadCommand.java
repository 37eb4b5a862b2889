package dev.jbuild.cli;

import dev.jbuild.image.Images;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Parameters;

/** {@code jbuild load FILE}: an OCI or Docker archive, or a directory with the same in it. */
@picocli.CommandLine.Command
final class LoadCommand extends Command {
  @Parameters(
      index = "0",
      paramLabel = "FILE",
      description = "an archive or a directory; - for standard input")
  String file = "";

  @Override
  int run(Session session) throws IOException {
    Images images = new Images(session.store());
    List<String> names;
    if (file.equals("-")) {
      names = images.load(session.console().in(), "standard input");
    } else if (Files.isDirectory(Path.of(file))) {
      names = images.load(Path.of(file));
    } else {
      try (InputStream in = Files.newInputStream(Path.of(file))) {
        names = images.load(in, file);
      }
    }
    names.forEach(name -> session.console().out().println("loaded " + name));
    return Jbuild.OK;
  }
}
