package dev.jbuild.registry.wire;

import dev.jbuild.registry.RegistryFailure;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** An answer that may be another one next time: 408, 429, most of 5xx. */
final class TransientFailure extends IOException {
  private static final long serialVersionUID = 1;

  private final transient RegistryFailure failure;
  private final @Nullable Duration retryAfter;

  TransientFailure(RegistryFailure failure, @Nullable Duration retryAfter) {
    super(failure.text());
    this.failure = failure;
    this.retryAfter = retryAfter;
  }

  /** What to throw when there is no next time. */
  RegistryFailure failure() {
    return failure;
  }

  /** How long the registry asks us to wait. */
  @Nullable Duration retryAfter() {
    return retryAfter;
  }
}
