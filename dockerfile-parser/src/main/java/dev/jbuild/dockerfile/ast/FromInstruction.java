package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * FROM: begins a stage.
 *
 * @param image image, stage name or {@code scratch}; expands with global ARGs only
 * @param platform value of {@code --platform}; expands with global ARGs only
 * @param stageName the name after AS, as written; never expanded
 * @param asKeyword the word AS, as written
 */
public record FromInstruction(
    InstructionLine line,
    Word image,
    @Nullable Word platform,
    @Nullable Word asKeyword,
    @Nullable Word stageName)
    implements Instruction {
  public FromInstruction {
    requireNonNull(line);
    requireNonNull(image);
  }
}
