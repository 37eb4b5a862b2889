package dev.jbuild.cli;

import dev.jbuild.engine.cache.BuildLogs;
import dev.jbuild.engine.cache.BuildNotes;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.temporal.ChronoUnit;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code jbuild explain [STEP]}: why the steps of a build were found or had to run. */
@picocli.CommandLine.Command
final class ExplainCommand extends Command {
  @Mixin BuildChoice choice = new BuildChoice();

  @Option(names = "--list", description = "the builds that are remembered, the newest first")
  boolean list;

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "STEP",
      description =
          "a step's id (build/3), number (#7), place (build 3/5) or a part of its text; all steps"
              + " without it")
  String step = "";

  @Override
  int run(Session session) throws IOException {
    Path cache = session.store().directory("cache");
    PrintStream out = session.console().out();
    if (list) {
      if (!step.isEmpty()) {
        throw new UsageError("--list lists builds: it takes no step");
      }
      list(BuildNotes.list(cache.resolve("notes")), out);
      return Jbuild.OK;
    }
    BuildNotes.Notes notes = choice.in(cache.resolve("notes"));
    List<BuildNotes.Note> wanted =
        step.isEmpty() ? notes.steps() : StepChoice.all(step, notes.steps(), StepChoice.NOTES);
    if (wanted.isEmpty()) {
      throw new BuildFailure(
          Kind.NOT_FOUND,
          (choice.build == null ? "the last build" : "build " + notes.buildId())
              + " has no step \""
              + step
              + "\"",
          "its steps are "
              + String.join(", ", notes.steps().stream().map(BuildNotes.Note::id).toList()),
          null);
    }
    Path logs = BuildLogs.directory(cache);
    String names = notes.tags().isEmpty() ? "" : ", " + String.join(", ", notes.tags());
    out.println("build " + notes.buildId() + " of " + notes.began() + names);
    for (BuildNotes.Note note : wanted) {
      out.println(note.id() + "  " + note.name() + "  (" + note.line() + ")");
      out.println("    " + note.state() + (note.why().isEmpty() ? "" : ": " + note.why()));
      BuildLogs.find(logs, notes.buildId(), note.id())
          .ifPresent(log -> out.println("    output: " + log));
    }
    return Jbuild.OK;
  }

  private static void list(List<BuildNotes.Notes> builds, PrintStream out) {
    Table table = new Table("BUILD", "BEGAN", "OUTCOME", "EXECUTED", "CACHED", "NAMES");
    for (BuildNotes.Notes build : builds) {
      table.row(
          build.buildId(),
          build.began().truncatedTo(ChronoUnit.SECONDS).toString(),
          build.outcome(),
          String.valueOf(build.count("executed") + build.count("failed")),
          String.valueOf(build.count("cached")),
          String.join(", ", build.tags()));
    }
    table.print(out);
  }
}
