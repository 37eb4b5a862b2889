package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * A builder flag as written: {@code --name} or {@code --name=value}.
 *
 * @param name without the dashes
 * @param value what follows the {@code =}, its quotes removed; null when there is no {@code =}
 * @param span the whole flag
 */
public record Flag(String name, @Nullable Word value, SourceSpan span) {
  public Flag {
    requireNonNull(name);
    requireNonNull(span);
  }
}
