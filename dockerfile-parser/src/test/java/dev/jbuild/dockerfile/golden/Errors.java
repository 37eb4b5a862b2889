package dev.jbuild.dockerfile.golden;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.format.Excerpt;
import java.util.List;

/** Errors as the command line shows them. */
final class Errors {
  private Errors() {}

  static String text(List<Diagnostic> errors, SourceText source) {
    StringBuilder out = new StringBuilder();
    for (Diagnostic error : errors) {
      out.append(error).append('\n').append(Excerpt.of(source, error.span()));
      if (error.hint() != null) {
        out.append("hint: ").append(error.hint()).append('\n');
      }
    }
    return out.toString();
  }
}
