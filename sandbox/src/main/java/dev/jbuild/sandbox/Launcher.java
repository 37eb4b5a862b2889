package dev.jbuild.sandbox;

/**
 * Starts steps in isolation. Implementations are safe for use by any number of threads at once.
 *
 * <p>What every launcher promises, whatever its tier: the step runs with the arguments,
 * environment, user, directory and limits of its {@link RuntimeSpec}; standard input is empty; no
 * process of the step is alive when {@link RunningStep#await} returns, nor, if the executor is
 * killed, more than a moment after; no mount is left behind; mount points that the launcher had to
 * make are gone from the rootfs, except {@code /dev}, {@code /proc} and {@code /sys}.
 */
public interface Launcher {

  /**
   * Starts one step; returns as soon as the launcher's process runs.
   *
   * @throws dev.jbuild.failure.BuildFailure if the launcher cannot be started, or the request asks
   *     for what it cannot give (kind UNSUPPORTED)
   */
  RunningStep start(StepRequest request, OutputSink sink);

  /** One line for the log: which launcher, at which tier. */
  String describe();
}
