package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * ADD.
 *
 * @param sources at least one, in order
 * @param destination expands when planned
 * @param chown expands when planned
 * @param chmod expands when planned
 * @param checksum expands when planned
 * @param keepGitDir null when not given
 * @param unpack null when not given: local archives are unpacked, downloads are not
 * @param excludes {@code --exclude} patterns, never expanded
 */
public record AddInstruction(
    InstructionLine line,
    List<CopySource> sources,
    Word destination,
    @Nullable Word chown,
    @Nullable Word chmod,
    boolean link,
    @Nullable Word checksum,
    @Nullable Boolean keepGitDir,
    @Nullable Boolean unpack,
    List<Word> excludes)
    implements Instruction {
  public AddInstruction {
    requireNonNull(line);
    requireNonNull(destination);
    sources = List.copyOf(sources);
    excludes = List.copyOf(excludes);
  }
}
