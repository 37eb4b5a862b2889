package dev.jbuild.cli;

import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.format.Formatter;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.dockerfile.parse.ParseResult;
import dev.jbuild.engine.plan.Diagnostics;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code jbuild fmt FILE}: a Dockerfile in canonical layout, to standard output or in its place.
 */
@picocli.CommandLine.Command
final class FmtCommand extends Command {
  @Parameters(index = "0", paramLabel = "FILE", description = "a Dockerfile; - for standard input")
  String file = "";

  @Option(
      names = {"-w", "--write"},
      description = "write the file in place of printing it")
  boolean write;

  @Option(names = "--check", description = "print nothing; exit code 1 if the layout is another")
  boolean check;

  @Override
  int run(Session session) throws IOException {
    boolean standardInput = file.equals("-");
    if (standardInput && write) {
      throw new UsageError("standard input cannot be written in place");
    }
    byte[] text =
        standardInput
            ? StandardInput.dockerfile(session.console().in())
            : Files.readAllBytes(Path.of(file));
    ParseResult result = DockerfileParser.parse(standardInput ? "Dockerfile" : file, text);
    if (result.tree().isEmpty()) {
      throw new Diagnostics(SourceText.of(text)).of(result.errors());
    }
    byte[] formatted = SourceText.encode(Formatter.format(result.tree().get()));
    if (check) {
      return Arrays.equals(text, formatted) ? Jbuild.OK : Jbuild.FAILED;
    }
    if (!write) {
      session.console().out().write(formatted);
      return Jbuild.OK;
    }
    if (!Arrays.equals(text, formatted)) {
      Path target = Path.of(file).toRealPath();
      Path temporary = Files.createTempFile(target.getParent(), ".fmt", null);
      Files.write(temporary, formatted);
      Files.setPosixFilePermissions(temporary, Files.getPosixFilePermissions(target));
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
    }
    return Jbuild.OK;
  }
}
