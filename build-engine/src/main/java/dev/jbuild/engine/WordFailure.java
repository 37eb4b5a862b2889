package dev.jbuild.engine;

import dev.jbuild.failure.BuildFailure;
import org.jspecify.annotations.Nullable;

/**
 * A failure about one word of an instruction, told by what carries the instruction out and does not
 * know where the word stands. {@link dev.jbuild.engine.plan.Diagnostics#at} looks the word up in
 * the instruction's lines and puts the caret under it. Immutable.
 */
public final class WordFailure extends BuildFailure {
  private final String word;

  /**
   * @param word as the instruction has it, variables expanded; one that came of a variable is not
   *     found in the lines, and the instruction is marked whole
   */
  public WordFailure(Kind kind, String message, @Nullable String hint, String word) {
    super(kind, message, hint, null);
    this.word = word;
  }

  public String word() {
    return word;
  }
}
