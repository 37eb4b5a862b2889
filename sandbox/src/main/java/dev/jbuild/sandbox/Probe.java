package dev.jbuild.sandbox;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One thing that {@code jbuild doctor} looked at.
 *
 * @param name stable, such as {@code user-namespaces}
 * @param verdict whether it serves
 * @param finding what was found, one line
 * @param fixOrNull the command or setting that would improve it, or null
 */
public record Probe(String name, Verdict verdict, String finding, @Nullable String fixOrNull) {

  /** How far something serves. */
  public enum Verdict {
    GOOD,
    LIMITED,
    MISSING
  }

  static Probe good(String name, String finding) {
    return new Probe(name, Verdict.GOOD, finding, null);
  }

  static Probe limited(String name, String finding, @Nullable String fix) {
    return new Probe(name, Verdict.LIMITED, finding, fix);
  }

  static Probe missing(String name, String finding, @Nullable String fix) {
    return new Probe(name, Verdict.MISSING, finding, fix);
  }

  /** The command or setting that would improve it. */
  public Optional<String> fix() {
    return Optional.ofNullable(fixOrNull);
  }
}
