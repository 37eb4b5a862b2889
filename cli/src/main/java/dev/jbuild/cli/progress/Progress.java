package dev.jbuild.cli.progress;

import dev.jbuild.engine.event.BuildListener;

/** Shows a build on a stream, from its first event to its last. */
public interface Progress extends BuildListener, AutoCloseable {

  /**
   * Ends the display: everything is written, and of a step that failed the last of its output is
   * shown where it would otherwise be lost among that of others.
   */
  @Override
  void close();
}
