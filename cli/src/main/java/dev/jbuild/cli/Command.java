package dev.jbuild.cli;

import java.io.IOException;
import picocli.CommandLine.Mixin;

/** One verb of the command. Its flags are fields that picocli fills before {@link #run}. */
public abstract class Command {
  @Mixin GlobalOptions global = new GlobalOptions();

  /**
   * Does the work on the calling thread, whose interruption ends it early.
   *
   * @return the exit code
   * @throws UsageError for wrong usage
   * @throws dev.jbuild.failure.BuildFailure for every other failure
   */
  abstract int run(Session session) throws IOException;
}
