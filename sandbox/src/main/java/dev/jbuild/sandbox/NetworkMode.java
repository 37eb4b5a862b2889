package dev.jbuild.sandbox;

/** What a step sees of the network. */
public enum NetworkMode {
  /** The executor's own network. */
  HOST,
  /** A network namespace with nothing but its own loopback, which is up. */
  NONE,
  /**
   * A network namespace of its own with a way out, and no way to the executor's loopback; needs
   * {@code pasta} or {@code slirp4netns}.
   */
  PRIVATE
}
