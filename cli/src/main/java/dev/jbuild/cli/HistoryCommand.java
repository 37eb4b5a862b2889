package dev.jbuild.cli;

import dev.jbuild.cli.progress.Figures;
import dev.jbuild.image.HistoryRow;
import dev.jbuild.image.Image;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Platform;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jbuild history NAME}: oldest step first. */
@picocli.CommandLine.Command
final class HistoryCommand extends Command {
  private static final int WIDTH = 100;

  @Option(names = "--no-trunc", description = "whole commands and digests")
  boolean whole;

  @Option(names = "--platform", paramLabel = "P", description = "of an image for several")
  @Nullable String platform;

  @Parameters(index = "0", paramLabel = "NAME", description = "an image in the store")
  String name = "";

  @Override
  int run(Session session) {
    Images images = new Images(session.store());
    Image image = platform == null ? images.get(name) : images.get(name, Platform.parse(platform));
    Table table = new Table("LAYER", "SIZE", "CREATED", "BY");
    Instant now = Instant.now();
    for (HistoryRow row : images.history(image)) {
      String layer = row.layer().map(id -> whole ? id.toString() : Show.digest(id)).orElse("-");
      String by = row.step().createdBy().isEmpty() ? row.step().comment() : row.step().createdBy();
      table.row(
          layer,
          row.layer().isPresent() ? Figures.size(row.size()) : "0B",
          Show.age(row.step().created(), now),
          whole ? by : Show.clipped(by, WIDTH));
    }
    table.print(session.console().out());
    return Jbuild.OK;
  }
}
