package dev.jbuild.sandbox;

/**
 * A step that has been started. Methods may be called by any thread, in any order and repeatedly.
 */
public interface RunningStep extends AutoCloseable {

  /**
   * Waits for the end of the step: its first process has ended, every other one of it is dead, all
   * output has been given to the sink, mount-point stubs are removed and the usage is read.
   *
   * <p>A step that ends with another exit code than 0, or by a signal, is a result and no failure.
   *
   * @throws dev.jbuild.failure.BuildFailure if the isolation could not be set up, or the sink threw
   * @throws InterruptedException if the waiting thread is interrupted; the step goes on until it is
   *     killed or closed
   */
  StepResult await() throws InterruptedException;

  /**
   * Kills every process of the step at once (SIGKILL) and returns without waiting; {@link #await}
   * then returns within a second with {@link StepResult#killed()}. No effect on an ended step.
   */
  void kill();

  /** Sends a signal, by its number, to the step's first process, which may handle it. */
  void signal(int signal);

  /**
   * Gives the step something to read; returns when it, or its terminal, has taken all of it, or
   * will read no more. For one thread, and a step whose request has an input.
   *
   * @throws InterruptedException if the waiting thread is interrupted
   */
  void input(byte[] bytes, int offset, int length) throws InterruptedException;

  /** Says that there is no more to read. No effect on a terminal, which has no end. */
  void endInput();

  /** Tells the step's terminal the size of its window. No effect without one. */
  void resize(int rows, int columns);

  /** Kills the step if it still runs and waits, uninterruptibly, until it is dead. */
  @Override
  void close();
}
