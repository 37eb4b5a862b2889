package dev.jbuild.cli;

import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.format.ParseJson;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.dockerfile.parse.ParseResult;
import dev.jbuild.engine.plan.Diagnostics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Parameters;

/** {@code jbuild parse FILE}. */
@picocli.CommandLine.Command
final class ParseCommand extends Command {
  @Parameters(index = "0", paramLabel = "FILE", description = "a Dockerfile; - for standard input")
  String file = "";

  @Override
  int run(Session session) throws IOException {
    Console console = session.console();
    boolean standardInput = file.equals("-");
    byte[] text =
        standardInput ? StandardInput.dockerfile(console.in()) : Files.readAllBytes(Path.of(file));
    ParseResult result = DockerfileParser.parse(standardInput ? "Dockerfile" : file, text);
    if (result.tree().isEmpty()) {
      throw new Diagnostics(SourceText.of(text)).of(result.errors());
    }
    console.out().print(ParseJson.write(result.tree().get()));
    return Jbuild.OK;
  }
}
