package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One {@code --mount} of RUN before expansion, its CSV already split. What can be checked before
 * values are known has been checked by the parser.
 *
 * @param value the whole flag value
 * @param options the options in order
 */
public record MountFlag(Word value, List<Option> options) {
  public MountFlag {
    requireNonNull(value);
    options = List.copyOf(options);
  }

  /**
   * {@code key=value}, or a bare {@code key}.
   *
   * @param key in lower case
   * @param value expands when planned, except for {@code from}; null for a bare key
   * @param span the whole option
   */
  public record Option(String key, @Nullable Word value, SourceSpan span) {}
}
