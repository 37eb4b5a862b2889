package dev.jbuild.cli;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Finds a step by what a person typed: its id ({@code build/3}), its number in the progress ({@code
 * #7} or {@code 7}), its place ({@code build 3/5}), or a part of its text. The first of these that
 * fits any step decides.
 */
final class StepChoice {
  private StepChoice() {}

  /** All steps that are meant, in order. */
  static <T> List<T> all(
      String typed, List<T> steps, Function<T, String> id, Function<T, String> name) {
    String number = typed.startsWith("#") ? typed.substring(1) : typed;
    String place = typed.startsWith("[") ? typed : "[" + typed + "]";
    List<Predicate<T>> ways =
        List.of(
            step -> id.apply(step).equals(typed),
            step -> String.valueOf(steps.indexOf(step) + 1).equals(number),
            step -> name.apply(step).startsWith(place),
            step -> name.apply(step).contains(typed));
    for (Predicate<T> way : ways) {
      List<T> found = steps.stream().filter(way).toList();
      if (!found.isEmpty()) {
        return found;
      }
    }
    return List.of();
  }

  /**
   * The only step that is meant.
   *
   * @throws BuildFailure that names the steps to choose from, if it is none or several
   */
  static <T> T one(String typed, List<T> steps, Function<T, String> id, Function<T, String> name) {
    List<T> found = all(typed, steps, id, name);
    if (found.size() == 1) {
      return found.getFirst();
    }
    throw new BuildFailure(
        Kind.NOT_FOUND,
        "the last build has "
            + (found.isEmpty() ? "no step \"" : found.size() + " steps with \"")
            + typed
            + "\"",
        (found.isEmpty() ? "its steps are " : "they are ")
            + String.join(", ", (found.isEmpty() ? steps : found).stream().map(id).toList()),
        null);
  }
}
