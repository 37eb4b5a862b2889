package dev.jbuild.cli;

import dev.jbuild.cli.progress.PlainProgress;
import dev.jbuild.cli.progress.Progress;
import dev.jbuild.cli.progress.QuietProgress;
import dev.jbuild.cli.progress.RawJsonProgress;
import dev.jbuild.cli.progress.TerminalGuard;
import dev.jbuild.cli.progress.TtyProgress;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.linux.Terminal;
import dev.jbuild.sandbox.UsernsRemap;
import dev.jbuild.store.Workspace;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
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
    ResultFiles.check("--iidfile", flags.iidFile);
    ResultFiles.check("--metadata-file", flags.metadataFile);
    try (Scratch scratch = new Scratch(session)) {
      BuildRequest request =
          UsageError.of(() -> RequestFlags.request(flags, limits, context, console, scratch));
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
      if (flags.quiet && request.outputs().stream().noneMatch(OutputFlag::isStandardOutput)) {
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
      case "auto" -> automatic(console, "building");
      case "plain" -> new PlainProgress(console.err());
      case "rawjson" -> new RawJsonProgress(console.err());
      case "quiet", "none" -> new QuietProgress(console.err());
      case "tty" -> {
        if (!console.errIsTerminal()) {
          throw new UsageError(
              "--progress tty: standard error is no terminal", "--progress auto shows what it can");
        }
        yield isDumb(console) ? new PlainProgress(console.err()) : terminal(console, "building");
      }
      default ->
          throw new UsageError(
              "--progress: unknown value \"" + name + "\"",
              "the values are auto, tty, plain, rawjson and quiet");
    };
  }

  /**
   * What suits standard error.
   *
   * @param work what is being done: {@code building}
   */
  static Progress automatic(Console console, String work) {
    return console.errIsTerminal() && !isDumb(console)
        ? terminal(console, work)
        : new PlainProgress(console.err());
  }

  /** A terminal that can do nothing but write on. */
  private static boolean isDumb(Console console) {
    return console.variable("TERM").orElse("dumb").equals("dumb");
  }

  private static Progress terminal(Console console, String work) {
    boolean colors = console.variable("NO_COLOR").isEmpty();
    return new TtyProgress(
        TerminalGuard.unguarded(console.err()),
        work,
        () -> window(console),
        colors,
        InstantSource.system());
  }

  private static TtyProgress.Window window(Console console) {
    return Terminal.size(2)
        .map(size -> new TtyProgress.Window(size.rows(), size.columns()))
        .orElseGet(() ->
            new TtyProgress.Window(number(console, "LINES", 24), number(console, "COLUMNS", 80)));
  }

  private static int number(Console console, String variable, int otherwise) {
    return console
        .variable(variable)
        .filter(text -> text.matches("[1-9][0-9]{0,4}"))
        .map(Integer::parseInt)
        .orElse(otherwise);
  }

  /** Files that live as long as the command: in the store, for there may be no other place. */
  static final class Scratch implements AutoCloseable {
    private final Session session;
    private @Nullable Workspace workspace;

    Scratch(Session session) {
      this.session = session;
    }

    Path directory() {
      if (workspace == null) {
        workspace = session.store().workspace();
      }
      return workspace.path();
    }

    @Override
    public void close() {
      if (workspace != null) {
        workspace.close();
      }
    }
  }
}
