package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.SourceSpan;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Collects the findings of the rules that are on. */
final class Findings {
  private final LintOptions options;
  private final Set<Diagnostic> found = new LinkedHashSet<>();

  Findings(LintOptions options) {
    this.options = options;
  }

  /** One with the same rules whose findings nobody reads. */
  Findings discarding() {
    return new Findings(options);
  }

  void add(Rule rule, SourceSpan span, String message, @Nullable String hint) {
    if (options.check().checks(rule, options.extended())) {
      found.add(new Diagnostic(span, Diagnostic.Severity.WARNING, message, hint, rule.id()));
    }
  }

  List<Diagnostic> inFileOrder() {
    return found.stream()
        .sorted(
            Comparator.comparingInt((Diagnostic each) -> each.span().startLine())
                .thenComparingInt(each -> each.span().startColumn()))
        .toList();
  }
}
