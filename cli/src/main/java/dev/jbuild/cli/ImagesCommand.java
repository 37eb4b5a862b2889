package dev.jbuild.cli;

import dev.jbuild.cli.progress.Figures;
import dev.jbuild.image.ImageSummary;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Platform;
import java.time.Instant;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** {@code jbuild images}. */
@picocli.CommandLine.Command
final class ImagesCommand extends Command {
  @Option(
      names = {"-q", "--quiet"},
      description = "digests only")
  boolean quiet;

  @Option(names = "--no-trunc", description = "whole digests")
  boolean whole;

  @Override
  int run(Session session) {
    Table table = new Table("NAME", "DIGEST", "PLATFORM", "CREATED", "SIZE");
    Instant now = Instant.now();
    for (ImageSummary image : new Images(session.store()).list()) {
      String digest = whole ? image.digest().toString() : Show.digest(image.digest());
      if (quiet) {
        session.console().out().println(digest);
      }
      table.row(
          image.name(),
          digest,
          image.platforms().stream().map(Platform::toString).collect(Collectors.joining(",")),
          Show.age(image.created(), now),
          Figures.size(image.size()));
    }
    if (!quiet) {
      table.print(session.console().out());
    }
    return Jbuild.OK;
  }
}
