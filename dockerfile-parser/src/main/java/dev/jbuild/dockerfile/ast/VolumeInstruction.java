package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * VOLUME.
 *
 * @param paths at least one; each expands when planned
 */
public record VolumeInstruction(InstructionLine line, List<Word> paths) implements Instruction {
  public VolumeInstruction {
    requireNonNull(line);
    paths = List.copyOf(paths);
  }
}
