package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.Word;
import java.util.Optional;

/** Says what may have been meant by a line that begins with no instruction. */
final class UnknownInstruction {
  private UnknownInstruction() {}

  static Optional<String> nearest(Word keyword) {
    return Nearest.of(keyword.text(), Keyword.NAMES);
  }

  static void report(Word keyword, Problems problems) {
    String text = keyword.text();
    String hint =
        nearest(keyword)
            .map(near -> "did you mean \"" + near + "\"?")
            .orElseGet(() ->
                invisible(text)
                    ? "there is an invisible character in it; type the line again"
                    : keyword.span().startLine() == 1
                        ? "a Dockerfile begins with FROM"
                        : "if it belongs to the line above, end that line with a continuation");
    problems.add(
        keyword.span(),
        text.isEmpty()
            ? "line has a continuation and nothing else"
            : "unknown instruction " + Quoted.of(text),
        text.isEmpty() ? "remove it" : hint);
  }

  private static boolean invisible(String text) {
    return text.codePoints()
        .anyMatch(point ->
            Character.isISOControl(point)
                || Character.getType(point) == Character.FORMAT
                || (point > ' ' && Character.isSpaceChar(point)));
  }
}
