package dev.jbuild.engine;

import dev.jbuild.engine.event.BuildListener;

/**
 * Builds images. One engine serves many builds at once; two builds that need the same vertex run it
 * once.
 *
 * <p>Safe for use by many threads.
 */
public interface BuildEngine extends AutoCloseable {

  /**
   * Runs one build to its end on the calling thread, with work on virtual threads beneath it.
   *
   * <p>Interrupting the calling thread cancels the build: its sandboxes are killed and its
   * snapshots removed before this method throws; finished steps stay usable as cache.
   *
   * @throws dev.jbuild.failure.BuildFailure for every reason a build can fail; its last event says
   *     the same. A RUN that ended with a code other than 0 is a {@link RunFailure}.
   */
  BuildResult build(BuildRequest request, BuildListener listener);

  /**
   * Reads and parses the Dockerfile a request names; builds nothing.
   *
   * @throws dev.jbuild.failure.BuildFailure when there is none, or as {@link DockerfileFailure}
   */
  DockerfileInput read(BuildRequest request);

  /** Waits for nothing: builds that still run are cancelled. The store is left open. */
  @Override
  void close();
}
