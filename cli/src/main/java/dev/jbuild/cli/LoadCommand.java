package dev.jbuild.cli;

import dev.jbuild.image.Images;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code jbuild load FILE}: an OCI or Docker archive, or a directory with the same in it. Without
 * one, standard input, as {@code docker load} has it.
 */
@picocli.CommandLine.Command
final class LoadCommand extends Command {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "FILE",
      description = "an archive or a directory; - or none for standard input")
  String argument = "";

  @Option(
      names = {"-i", "--input"},
      paramLabel = "FILE",
      description = "the same as an option")
  String option = "";

  @Override
  int run(Session session) throws IOException {
    Images images = new Images(session.store());
    if (!argument.isEmpty() && !option.isEmpty()) {
      throw new UsageError(
          "load has two files: \"" + argument + "\" and --input \"" + option + "\"");
    }
    String file = argument.isEmpty() ? option : argument;
    if (file.isEmpty() && session.console().inIsTerminal()) {
      throw new UsageError("load needs FILE, or an archive on standard input");
    }
    List<String> names;
    if (file.isEmpty() || file.equals("-")) {
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
