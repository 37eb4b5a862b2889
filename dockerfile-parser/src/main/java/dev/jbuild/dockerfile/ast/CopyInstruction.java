package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * COPY.
 *
 * @param sources at least one, in order
 * @param destination expands when planned
 * @param from stage, image or named context; never expanded
 * @param chown expands when planned
 * @param chmod expands when planned
 * @param excludes {@code --exclude} patterns, never expanded
 */
public record CopyInstruction(
    InstructionLine line,
    List<CopySource> sources,
    Word destination,
    @Nullable Word from,
    @Nullable Word chown,
    @Nullable Word chmod,
    boolean link,
    boolean parents,
    List<Word> excludes)
    implements Instruction {
  public CopyInstruction {
    requireNonNull(line);
    requireNonNull(destination);
    sources = List.copyOf(sources);
    excludes = List.copyOf(excludes);
  }
}
