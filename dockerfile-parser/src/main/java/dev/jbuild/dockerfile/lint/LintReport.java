package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.format.Excerpt;
import dev.jbuild.dockerfile.format.Json;
import java.util.List;
import java.util.Optional;

/** Findings as {@code --check} and {@code --call check} print them. */
public final class LintReport {
  private LintReport() {}

  /**
   * For people: each finding with its rule, place, excerpt and advice; last, how many there are.
   */
  public static String text(List<Diagnostic> findings, SourceText source) {
    if (findings.isEmpty()) {
      return "check complete, no warnings found\n";
    }
    StringBuilder out = new StringBuilder();
    for (Diagnostic finding : findings) {
      Optional<Rule> rule = rule(finding);
      out.append(finding.span()).append(": ").append(finding.message());
      rule.ifPresent(it -> out.append(" (").append(it.id()).append(')'));
      out.append('\n').append(Excerpt.of(source, finding.span()));
      if (finding.hint() != null) {
        out.append("hint: ").append(finding.hint()).append('\n');
      }
      rule.ifPresent(it -> out.append("see: ").append(it.link()).append('\n'));
      out.append('\n');
    }
    String count = findings.size() == 1 ? "1 warning" : findings.size() + " warnings";
    return out.append("check complete, ").append(count).append(" found\n").toString();
  }

  /** For programs: one object with the member {@code warnings}, in the shape BuildKit gives it. */
  public static String json(List<Diagnostic> findings) {
    Json json = new Json().open('{').key("warnings").open('[');
    for (Diagnostic finding : findings) {
      json.newline().open('{');
      rule(finding)
          .ifPresent(rule ->
              json.member("ruleName", rule.id())
                  .member("description", rule.description())
                  .member("url", rule.link()));
      json.member("detail", finding.message()).member("hint", finding.hint());
      json.location(finding.span()).close('}');
    }
    return json.close(']').close('}') + "\n";
  }

  private static Optional<Rule> rule(Diagnostic finding) {
    return Optional.ofNullable(finding.rule()).flatMap(Rule::of);
  }
}
