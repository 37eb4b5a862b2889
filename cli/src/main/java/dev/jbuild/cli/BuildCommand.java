package dev.jbuild.cli;

import dev.jbuild.cli.progress.PlainProgress;
import dev.jbuild.cli.progress.Progress;
import dev.jbuild.cli.progress.QuietProgress;
import dev.jbuild.cli.progress.RawJsonProgress;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.sandbox.UsernsRemap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code jbuild build}. */
@picocli.CommandLine.Command
final class BuildCommand extends Command {
  @Mixin BuildFlags flags = new BuildFlags();
  @Mixin LimitFlags limits = new LimitFlags();
  @Mixin IsolationFlags isolation = new IsolationFlags();
  @Mixin RegistryFlags registries = new RegistryFlags();

  @Parameters(index = "0", paramLabel = "PATH | URL | -", description = "the build context")
  String context = "";

  @Override
  int run(Session session) throws IOException {
    Console console = session.console();
    Progress progress = progress(console, flags.quiet ? "quiet" : flags.progress);
    isolation.apply(session, UsernsRemap.OFF);
    session.keepStorage(flags.keepStorage);
    try (Scratch scratch = new Scratch()) {
      BuildRequest request =
          RequestFlags.request(flags, limits.limits(), context, console, scratch);
      CallFlag call = CallFlag.of(flags.check, flags.call);
      if (call != null) {
        return call.answer(session.engine(registries).read(request), request, console.out());
      }
      BuildResult result = build(session, request, progress, registries);
      if (flags.iidFile != null) {
        ResultFiles.imageId(Path.of(flags.iidFile), result);
      }
      if (flags.metadataFile != null) {
        ResultFiles.metadata(Path.of(flags.metadataFile), result);
      }
      if (flags.quiet) {
        result.imageDescriptor().ifPresent(image -> console.out().println(image.digest()));
      }
      return Jbuild.OK;
    }
  }

  /** Runs a build and its display; shared with the executor. */
  static BuildResult build(
      Session session, BuildRequest request, Progress progress, RegistryFlags registries) {
    try (progress) {
      return session.engine(registries).build(request, progress);
    }
  }

  static Progress progress(Console console, @Nullable String name) {
    return switch (name == null ? "auto" : name) {
      case "auto", "plain" -> new PlainProgress(console.err());
      case "rawjson" -> new RawJsonProgress(console.err());
      case "quiet", "none" -> new QuietProgress(console.err());
      case "tty" -> throw UsageError.notSupportedYet("--progress tty");
      default ->
          throw new UsageError(
              "--progress: unknown value \"" + name + "\"",
              "the values are auto, tty, plain, rawjson and quiet");
    };
  }

  /** Files that live as long as the command. */
  static final class Scratch implements AutoCloseable {
    private @Nullable Path directory;

    Path directory() throws IOException {
      if (directory == null) {
        directory = Files.createTempDirectory("jbuild");
      }
      return directory;
    }

    @Override
    public void close() throws IOException {
      if (directory == null) {
        return;
      }
      // Links are not followed.
      try (var files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
