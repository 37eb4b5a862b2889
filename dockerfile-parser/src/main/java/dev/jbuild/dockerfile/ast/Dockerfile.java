package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * A parsed Dockerfile.
 *
 * @param file the name it was parsed under
 * @param source the whole text, byte order mark removed
 * @param globalArgs the ARGs before the first FROM
 * @param stages at least one
 */
public record Dockerfile(
    String file,
    SourceText source,
    Directives directives,
    List<ArgInstruction> globalArgs,
    List<Stage> stages) {
  public Dockerfile {
    requireNonNull(file);
    requireNonNull(source);
    requireNonNull(directives);
    globalArgs = List.copyOf(globalArgs);
    stages = List.copyOf(stages);
    if (stages.isEmpty()) {
      throw new IllegalArgumentException("a Dockerfile has at least one stage");
    }
  }

  /**
   * The stage that {@code reference} means to a reader of the whole file, such as {@code --target}:
   * by name in any case, else by number. Of several stages of one name the last is meant.
   */
  public Optional<Stage> stage(String reference) {
    return stageBefore(reference, stages.size());
  }

  /** As {@link #stage}, among the stages with an index below {@code limit}. */
  public Optional<Stage> stageBefore(String reference, int limit) {
    String name = reference.toLowerCase(Locale.ROOT);
    for (int i = limit - 1; i >= 0; i--) {
      if (stages.get(i).name().filter(name::equals).isPresent()) {
        return Optional.of(stages.get(i));
      }
    }
    if (!reference.isEmpty()
        && reference.length() < 9
        && reference.chars().allMatch(c -> c >= '0' && c <= '9')) {
      int index = Integer.parseInt(reference);
      return index < limit ? Optional.of(stages.get(index)) : Optional.empty();
    }
    return Optional.empty();
  }
}
