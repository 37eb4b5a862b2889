package dev.jbuild.cli;

import dev.jbuild.engine.cache.BuildLogs;
import dev.jbuild.engine.cache.BuildNotes;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Parameters;

/** {@code jbuild explain [STEP]}: why the steps of the last build were found or had to run. */
@picocli.CommandLine.Command
final class ExplainCommand extends Command {
  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "STEP",
      description = "a step's id, such as build/3, or a part of its text; all steps without it")
  String step = "";

  @Override
  int run(Session session) throws IOException {
    BuildNotes.Notes notes =
        BuildNotes.last(session.store().directory("cache").resolve("notes"))
            .orElseThrow(
                () -> new BuildFailure(Kind.NOT_FOUND, "nothing has been built in this store yet"));
    List<BuildNotes.Note> wanted =
        notes.steps().stream()
            .filter(note -> note.id().equals(step) || note.name().contains(step))
            .toList();
    if (wanted.isEmpty()) {
      throw new BuildFailure(
          Kind.NOT_FOUND,
          "the last build has no step \"" + step + "\"",
          "its steps are "
              + String.join(", ", notes.steps().stream().map(BuildNotes.Note::id).toList()),
          null);
    }
    Path logs = BuildLogs.directory(session.store().directory("cache"));
    PrintStream out = session.console().out();
    out.println("build " + notes.buildId() + " of " + notes.began());
    for (BuildNotes.Note note : wanted) {
      out.println(note.id() + "  " + note.name() + "  (" + note.line() + ")");
      out.println("    " + note.state() + (note.why().isEmpty() ? "" : ": " + note.why()));
      BuildLogs.find(logs, notes.buildId(), note.id())
          .ifPresent(log -> out.println("    output: " + log));
    }
    return Jbuild.OK;
  }
}
