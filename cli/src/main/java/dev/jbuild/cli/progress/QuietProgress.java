package dev.jbuild.cli.progress;

import dev.jbuild.engine.event.BuildEvent;
import java.io.PrintStream;

/** Shows nothing of a build that goes well; of a failed step the last it wrote. */
public final class QuietProgress implements Progress {
  private final PrintStream err;
  private final OutputTails tails = new OutputTails();

  public QuietProgress(PrintStream err) {
    this.err = err;
  }

  @Override
  public void on(BuildEvent event) {
    tails.on(event);
  }

  @Override
  public void close() {
    tails.failed().ifPresent(tail -> tail.print(err));
  }
}
