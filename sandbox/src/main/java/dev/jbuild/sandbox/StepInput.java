package dev.jbuild.sandbox;

/** What a step reads from. */
public sealed interface StepInput {
  /** Nothing: standard input is empty. A build's steps have this. */
  StepInput NONE = new None();

  /** Standard input is empty. */
  record None() implements StepInput {}

  /** What is given to {@link RunningStep#input} comes through a pipe. */
  record Pipe() implements StepInput {}

  /**
   * A terminal of the step's own is its standard input, output and error, and that of its session:
   * a shell has job control, and what it shows arrives as one stream, as {@link
   * OutputSink.Stream#STDOUT}.
   *
   * @param rows of the window at first
   * @param columns of the window at first
   */
  record Terminal(int rows, int columns) implements StepInput {}
}
