package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
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

  /** All instructions in file order. */
  public List<Instruction> instructions() {
    List<Instruction> all = new ArrayList<>(globalArgs);
    for (Stage stage : stages) {
      all.add(stage.from());
      all.addAll(stage.instructions());
    }
    return all;
  }

  /** The last stage of that name, in any case; a number is no name here. */
  public Optional<Stage> stage(String name) {
    return stageBefore(name, stages.size());
  }

  /** As {@link #stage}, among the stages with an index below {@code limit}. */
  public Optional<Stage> stageBefore(String name, int limit) {
    String lower = name.toLowerCase(Locale.ROOT);
    for (int i = limit - 1; i >= 0; i--) {
      if (stages.get(i).name().filter(lower::equals).isPresent()) {
        return Optional.of(stages.get(i));
      }
    }
    return Optional.empty();
  }
}
