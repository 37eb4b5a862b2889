package dev.jbuild.store;

import java.time.Duration;
import java.util.OptionalLong;

/**
 * What a collection may remove. Tags and leases are respected in any case.
 *
 * @param keepBytes remove the least recently used until the store takes no more than this; empty to
 *     remove whatever is not held
 * @param unusedFor leave what was used within this time, even if {@code keepBytes} is exceeded
 */
public record PruneOptions(OptionalLong keepBytes, Duration unusedFor) {

  /** Everything that is not held. */
  public static PruneOptions everything() {
    return new PruneOptions(OptionalLong.empty(), Duration.ZERO);
  }

  /** Down to a number of bytes. */
  public static PruneOptions keep(long bytes) {
    return new PruneOptions(OptionalLong.of(bytes), Duration.ZERO);
  }

  /** What was not used for that long. */
  public static PruneOptions unusedFor(Duration age) {
    return new PruneOptions(OptionalLong.empty(), age);
  }
}
