package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A build stage.
 *
 * @param index from 0, in file order
 * @param instructions all but the FROM, in file order
 * @param description from a comment {@code # name description} directly above the FROM
 */
public record Stage(
    int index, FromInstruction from, List<Instruction> instructions, @Nullable String description) {
  public Stage {
    requireNonNull(from);
    instructions = List.copyOf(instructions);
  }

  /** The name in lower case, as stages are looked up. */
  public Optional<String> name() {
    Word name = from.stageName();
    return name == null ? Optional.empty() : Optional.of(name.text().toLowerCase(Locale.ROOT));
  }
}
