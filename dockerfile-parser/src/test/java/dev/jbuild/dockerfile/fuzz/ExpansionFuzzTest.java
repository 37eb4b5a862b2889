package dev.jbuild.dockerfile.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.Expansion;
import dev.jbuild.dockerfile.expand.PortSpec;
import dev.jbuild.dockerfile.expand.Signals;
import dev.jbuild.dockerfile.expand.Variables;
import dev.jbuild.dockerfile.expand.WordExpander;
import java.util.Map;

/** Any word expands or fails with a position, with either escape character. */
class ExpansionFuzzTest {
  private static final Variables VARIABLES =
      Variables.of(Map.of("a", "x.y.z", "b", "", "c", "1 2", "d", "*?\\", "e", "l\nm"));

  @FuzzTest
  void expand(byte[] bytes) {
    String text = SourceText.decode(bytes);
    SourceSpan span = new SourceSpan("Dockerfile", 1, 1, 1, text.length() + 1);
    for (char escape : new char[] {'\\', '`'}) {
      try {
        Expansion expansion = new WordExpander(escape).expand(new Word(text, span), VARIABLES);
        for (String word : expansion.words()) {
          Signals.isValid(word);
          ports(word);
        }
      } catch (DockerfileException e) {
        e.diagnostics().getFirst().span();
      }
    }
    try {
      WordExpander.expand(
          new Heredoc("E", new Word("<<E", span), 0, true, true, text, span, span), VARIABLES);
    } catch (DockerfileException e) {
      e.diagnostics().getFirst().span();
    }
    WordExpander.rawWords(text);
    WordExpander.words(text, true);
  }

  private static void ports(String word) {
    try {
      PortSpec.parse(word);
    } catch (IllegalArgumentException e) {
      // Said to be no port.
    }
  }
}
