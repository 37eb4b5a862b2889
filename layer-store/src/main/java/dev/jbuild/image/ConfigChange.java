package dev.jbuild.image;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One setting that differs between two images.
 *
 * @param field {@code "Env PATH"}, {@code "Cmd"}, {@code "platform"}
 * @param before null if it was not set
 * @param after null if it is not set any more
 */
public record ConfigChange(String field, @Nullable String before, @Nullable String after) {

  public Optional<String> was() {
    return Optional.ofNullable(before);
  }

  public Optional<String> is() {
    return Optional.ofNullable(after);
  }
}
