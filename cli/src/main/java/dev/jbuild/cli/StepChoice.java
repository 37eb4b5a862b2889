package dev.jbuild.cli;

import dev.jbuild.engine.cache.BuildNotes;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;

/**
 * Finds a step by what a person typed: its id ({@code build/3}), its number in the progress ({@code
 * #7} or {@code 7}), its place ({@code build 3/5}), or a part of its text. The first of these that
 * fits any step decides.
 */
final class StepChoice {
  /** Steps of a build's notes. */
  static final Words<BuildNotes.Note> NOTES =
      new Words<>(BuildNotes.Note::id, BuildNotes.Note::number, BuildNotes.Note::name);

  private StepChoice() {}

  /**
   * What of a kind of step a person may type.
   *
   * @param number as the progress shows it
   */
  record Words<T>(Function<T, String> id, ToIntFunction<T> number, Function<T, String> name) {}

  /** All steps that are meant, in order. */
  static <T> List<T> all(String typed, List<T> steps, Words<T> words) {
    String number = typed.startsWith("#") ? typed.substring(1) : typed;
    String place = typed.startsWith("[") ? typed : "[" + typed + "]";
    List<Predicate<T>> ways =
        List.of(
            step -> words.id().apply(step).equals(typed),
            step -> String.valueOf(words.number().applyAsInt(step)).equals(number),
            step -> words.name().apply(step).startsWith(place),
            step -> words.name().apply(step).contains(typed));
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
  static <T> T one(String typed, List<T> steps, Words<T> words) {
    List<T> found = all(typed, steps, words);
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
            + String.join(
                ", ", (found.isEmpty() ? steps : found).stream().map(words.id()).toList()),
        null);
  }
}
