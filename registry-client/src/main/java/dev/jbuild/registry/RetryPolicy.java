package dev.jbuild.registry;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How often and how patiently a request is repeated.
 *
 * <p>Attempts are counted without progress: a transfer that moved on since the last failure starts
 * counting anew, so a bad line slows a large blob but does not end it. The wait doubles from {@code
 * base} to {@code cap} with full jitter; a registry that says {@code Retry-After} is obeyed up to
 * {@code patience}, beyond which the request fails at once and says when to come back.
 *
 * @param attempts at least 1, the first one counted
 */
public record RetryPolicy(int attempts, Duration base, Duration cap, Duration patience) {
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(6, Duration.ofMillis(400), Duration.ofSeconds(20), Duration.ofMinutes(3));

  public RetryPolicy {
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts: " + attempts + " is less than 1");
    }
  }

  /**
   * The wait before attempt {@code failures + 1}: at least half, at most all of the doubled base.
   */
  public Duration backOff(int failures, RandomGenerator random) {
    long doubled = base.toMillis() << Math.min(failures - 1, 20);
    long limit = Math.max(1, Math.min(cap.toMillis(), doubled));
    return Duration.ofMillis(limit / 2 + random.nextLong(limit / 2 + 1));
  }
}
