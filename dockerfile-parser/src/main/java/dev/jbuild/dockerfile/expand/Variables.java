package dev.jbuild.dockerfile.expand;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What variables mean at some place of a Dockerfile. */
@FunctionalInterface
public interface Variables {
  /** The value of {@code name}, or null when it is not set. */
  @Nullable String get(String name);

  /** The entries of {@code values}. */
  static Variables of(Map<String, String> values) {
    return Map.copyOf(values)::get;
  }
}
