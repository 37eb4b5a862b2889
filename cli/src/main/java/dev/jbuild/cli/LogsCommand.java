package dev.jbuild.cli;

import dev.jbuild.engine.cache.BuildLogs;
import dev.jbuild.engine.cache.BuildNotes;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/**
 * {@code jbuild logs [STEP]}: what a RUN step of the last build wrote, byte for byte; without STEP
 * the list of those that wrote something, and the files it is in.
 */
@picocli.CommandLine.Command
final class LogsCommand extends Command {
  @Mixin BuildChoice choice = new BuildChoice();

  @Parameters(
      index = "0",
      arity = "0..1",
      paramLabel = "STEP",
      description =
          "a step's id (build/3), number (#7), place (build 3/5) or a part of its text; a list"
              + " without it")
  String step = "";

  @Override
  int run(Session session) throws IOException {
    Path cache = session.store().directory("cache");
    BuildNotes.Notes notes = choice.in(cache.resolve("notes"));
    Path logs = BuildLogs.directory(cache);
    if (step.isEmpty()) {
      list(session.console(), logs, notes);
      return Jbuild.OK;
    }
    BuildNotes.Note note = StepChoice.one(step, notes.steps(), StepChoice.NOTES);
    Optional<Path> log = BuildLogs.find(logs, notes.buildId(), note.id());
    if (log.isEmpty()) {
      throw new BuildFailure(
          Kind.NOT_FOUND,
          note.state().equals("executed") || note.state().equals("failed")
              ? note.name() + " wrote nothing"
              : note.name()
                  + " did not run in "
                  + (choice.build == null ? "the last" : "that")
                  + " build: it was "
                  + note.state());
    }
    Files.copy(log.get(), session.console().out());
    session.console().out().flush();
    return Jbuild.OK;
  }

  private static void list(Console console, Path logs, BuildNotes.Notes notes) throws IOException {
    Table table = new Table("STEP", "STATE", "BYTES", "FILE");
    for (BuildNotes.Note note : notes.steps()) {
      Optional<Path> log = BuildLogs.find(logs, notes.buildId(), note.id());
      if (log.isPresent()) {
        table.row(
            note.id(), note.state(), Long.toString(Files.size(log.get())), log.get().toString());
      }
    }
    table.print(console.out());
  }
}
