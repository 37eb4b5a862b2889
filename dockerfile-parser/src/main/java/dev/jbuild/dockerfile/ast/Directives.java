package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Optional;

/**
 * The parser directives at the head of a file.
 *
 * @param all in file order, names in lower case
 * @param escape the escape character: backslash or backtick
 */
public record Directives(List<Directive> all, char escape) {
  public Directives {
    all = List.copyOf(all);
  }

  /**
   * {@code # name=value}.
   *
   * @param name {@code syntax}, {@code escape} or {@code check}
   */
  public record Directive(String name, Word value, SourceSpan span) {
    public Directive {
      requireNonNull(name);
      requireNonNull(value);
      requireNonNull(span);
    }
  }

  /** The frontend image named by {@code syntax}, if any. */
  public Optional<Directive> syntax() {
    return find("syntax");
  }

  /** The lint options, if any. */
  public Optional<Directive> check() {
    return find("check");
  }

  private Optional<Directive> find(String name) {
    return all.stream().filter(directive -> directive.name().equals(name)).findFirst();
  }
}
