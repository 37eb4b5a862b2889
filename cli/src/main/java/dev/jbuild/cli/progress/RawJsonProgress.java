package dev.jbuild.cli.progress;

import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.server.json.EventJson;
import java.io.PrintStream;

/** One JSON object a line, as the server's event stream has them. */
public final class RawJsonProgress implements Progress {
  private final PrintStream err;

  public RawJsonProgress(PrintStream err) {
    this.err = err;
  }

  @Override
  public void on(BuildEvent event) {
    byte[] line = Lines.prefixed("", EventJson.of(event));
    err.write(line, 0, line.length);
    err.flush();
  }

  @Override
  public void close() {
    err.flush();
  }
}
