package dev.jbuild.cli;

import dev.jbuild.image.Image;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Platform;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jbuild import ROOTFS.tar NAME}: an image of one layer. */
@picocli.CommandLine.Command
final class ImportCommand extends Command {
  @Option(
      names = "--platform",
      paramLabel = "P",
      description = "what it runs on; default this machine's")
  @Nullable String platform;

  @Parameters(
      index = "0",
      paramLabel = "ROOTFS.tar",
      description = "a tar, plain or compressed; - for standard input")
  String file = "";

  @Parameters(index = "1", paramLabel = "NAME", description = "the image's name")
  String name = "";

  @Override
  int run(Session session) throws IOException {
    Platform target = platform == null ? Platform.host() : Platform.parse(platform);
    try (InputStream in =
        file.equals("-") ? session.console().in() : Files.newInputStream(Path.of(file))) {
      Image image =
          new Images(session.store()).importRootfs(in, what(), name, target, created(session));
      session.console().out().println(image.name() + " " + image.manifest().digest());
    }
    return Jbuild.OK;
  }

  private String what() {
    return file.equals("-") ? "standard input" : String.valueOf(Path.of(file).getFileName());
  }

  private static Instant created(Session session) {
    return RequestFlags.epoch(List.of(), false, session.console())
        .map(Instant::ofEpochSecond)
        .orElseGet(Instant::now);
  }
}
