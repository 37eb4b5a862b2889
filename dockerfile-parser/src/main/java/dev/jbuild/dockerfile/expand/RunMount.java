package dev.jbuild.dockerfile.expand;

import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.MountFlag;
import org.jspecify.annotations.Nullable;

/** A {@code RUN --mount} with its values expanded and typed; paths are as written. */
public sealed interface RunMount {
  /** Path in the container, relative to WORKDIR; null means the default of the type. */
  @Nullable String target();

  /**
   * {@code type=bind}.
   *
   * @param from stage, image or named context; null is the build context
   * @param source path in {@code from}
   * @param readOnly otherwise it may be written to, and what is written is discarded
   */
  record Bind(@Nullable String from, String source, @Nullable String target, boolean readOnly)
      implements RunMount {}

  /**
   * {@code type=cache}.
   *
   * @param id null means the cleaned target
   * @param from where the initial content comes from
   * @param source path in {@code from}
   * @param mode permission bits of a new cache directory
   */
  record Cache(
      @Nullable String id,
      @Nullable String target,
      Sharing sharing,
      @Nullable String from,
      String source,
      boolean readOnly,
      int mode,
      long uid,
      long gid)
      implements RunMount {}

  /**
   * {@code type=tmpfs}.
   *
   * @param size bytes; 0 is no limit
   */
  record Tmpfs(@Nullable String target, long size, boolean readOnly) implements RunMount {}

  /**
   * {@code type=secret}.
   *
   * @param id never empty
   * @param target null and {@code env} null means {@code /run/secrets/<last part of id>}
   * @param env environment variable that gets the content
   */
  record Secret(
      String id,
      @Nullable String target,
      @Nullable String env,
      boolean required,
      int mode,
      long uid,
      long gid)
      implements RunMount {}

  /**
   * {@code type=ssh}.
   *
   * @param id {@code default} unless given
   * @param target null means {@code /run/buildkit/ssh_agent.N}
   */
  record Ssh(String id, @Nullable String target, boolean required, int mode, long uid, long gid)
      implements RunMount {}

  /** How builds that run at the same time use one cache directory. */
  enum Sharing {
    SHARED,
    PRIVATE,
    LOCKED
  }

  /**
   * Expands and types {@code flag}.
   *
   * @throws DockerfileException positioned at the option that is wrong
   */
  static RunMount resolve(MountFlag flag, WordExpander expander, Variables variables) {
    return MountResolver.resolve(flag, expander, variables);
  }
}
