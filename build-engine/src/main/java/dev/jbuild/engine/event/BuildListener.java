package dev.jbuild.engine.event;

/**
 * Hears the events of one build.
 *
 * <p>Called from many threads, never for two events at once, in an order that is consistent for
 * each step. A listener that blocks holds up the build, so it hands slow work to another thread.
 */
@FunctionalInterface
public interface BuildListener {
  void on(BuildEvent event);

  /** Hears nothing. */
  static BuildListener none() {
    return event -> {};
  }
}
