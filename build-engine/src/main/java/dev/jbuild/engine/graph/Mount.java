package dev.jbuild.engine.graph;

import dev.jbuild.dockerfile.expand.RunMount;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * What a RUN sees besides its root file system: {@code --mount}, expanded, paths absolute.
 *
 * <p>None of it becomes part of the layer.
 */
public sealed interface Mount {

  /** Absolute, clean, never the root. Empty for a secret that is only a variable. */
  String target();

  /**
   * The input of the vertex that holds the files this mount shows, if it has any; never 0, which is
   * the root file system.
   */
  default OptionalInt input() {
    return OptionalInt.empty();
  }

  /**
   * Files of another tree. What is written is thrown away.
   *
   * @param index of the input
   * @param source path in it
   */
  record Bind(int index, String source, String target, boolean readOnly) implements Mount {
    @Override
    public OptionalInt input() {
      return OptionalInt.of(index);
    }
  }

  /**
   * A directory that outlives the build.
   *
   * @param id names it, together with nothing else
   * @param index of the input that a new directory is filled from; 0 for none
   * @param source path in it
   * @param mode of a new directory
   */
  record Cache(
      String id,
      String target,
      RunMount.Sharing sharing,
      int index,
      String source,
      boolean readOnly,
      int mode,
      long uid,
      long gid)
      implements Mount {
    @Override
    public OptionalInt input() {
      return index == 0 ? OptionalInt.empty() : OptionalInt.of(index);
    }
  }

  /**
   * An empty file system in memory.
   *
   * @param size in bytes; 0 for no limit
   */
  record Tmpfs(String target, long size) implements Mount {}

  /**
   * A secret as a file, a variable, or both.
   *
   * @param target where the file is; empty for none
   * @param env name of the variable; null for none
   */
  record Secret(
      String id, String target, @Nullable String env, boolean required, int mode, int uid, int gid)
      implements Mount {}

  /**
   * The socket of an SSH agent.
   *
   * @param id names the agent
   */
  record Ssh(String id, String target, boolean required, int mode, int uid, int gid)
      implements Mount {}
}
