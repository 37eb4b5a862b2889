package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.SourceSpan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Collects the errors of one file. Not thread-safe. */
final class Problems {
  /** A file that is wrong throughout is not a Dockerfile; nobody reads further than this. */
  private static final int MAX = 100;

  private final List<Diagnostic> errors = new ArrayList<>();
  private int count;

  void add(SourceSpan span, String message, @Nullable String hint) {
    count++;
    if (errors.size() < MAX) {
      errors.add(Diagnostic.error(span, message, hint));
    }
  }

  /** How many were added, kept or not. */
  int count() {
    return count;
  }

  List<Diagnostic> inFileOrder() {
    return errors.stream()
        .sorted(
            Comparator.comparingInt((Diagnostic d) -> d.span().startLine())
                .thenComparingInt(d -> d.span().startColumn()))
        .toList();
  }
}
