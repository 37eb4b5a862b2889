package dev.jbuild.cli;

import dev.jbuild.image.ArchiveWriter;
import dev.jbuild.image.Images;
import dev.jbuild.image.ResultFile;
import dev.jbuild.oci.Descriptor;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SequencedMap;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jbuild save NAME…}. */
@picocli.CommandLine.Command
final class SaveCommand extends Command {
  private static final int BUFFER = 1 << 16;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FILE",
      description = "where to write; - (default) is standard output")
  String output = "-";

  @Option(
      names = "--format",
      paramLabel = "oci|docker",
      description = "the kind of archive; default oci")
  String format = "oci";

  @Parameters(arity = "1..*", paramLabel = "NAME", description = "images in the store")
  List<String> names = new ArrayList<>();

  @Override
  int run(Session session) throws IOException {
    ArchiveWriter.Kind kind =
        switch (format) {
          case "oci" -> ArchiveWriter.Kind.OCI;
          case "docker" -> ArchiveWriter.Kind.DOCKER;
          default -> throw new UsageError("--format is oci or docker, not \"" + format + "\"");
        };
    if (output.equals("-") && session.console().outIsTerminal()) {
      throw new UsageError("an archive is not for a terminal", "give a file with --output");
    }
    SequencedMap<String, Descriptor> images = new Images(session.store()).select(names);
    ArchiveWriter writer = new ArchiveWriter(session.store());
    ResultFile.Content archive =
        out -> {
          OutputStream buffered = new BufferedOutputStream(out, BUFFER);
          writer.writeTar(images, kind, buffered);
          buffered.flush();
        };
    if (output.equals("-")) {
      archive.writeTo(session.console().archive());
    } else {
      ResultFile.write(Path.of(output), archive);
    }
    return Jbuild.OK;
  }
}
