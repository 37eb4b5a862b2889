package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.dockerfile.ignore.Glob;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * CopyIgnoredFile. A .dockerignore with a {@code !} is not judged, since what it takes back need
 * not be the path that is named.
 */
final class CopyRules {
  private CopyRules() {}

  static void check(
      List<Stage> stages,
      WordExpander expander,
      @Nullable IgnoreMatcher ignore,
      Findings findings) {
    if (ignore == null || ignore.hasNegations()) {
      return;
    }
    for (Stage stage : stages) {
      for (Instruction instruction : stage.instructions()) {
        if (instruction instanceof CopyInstruction copy && copy.from() == null) {
          copy.sources().forEach(source -> source(source, expander, ignore, findings));
        } else if (instruction instanceof AddInstruction add) {
          add.sources().forEach(source -> source(source, expander, ignore, findings));
        }
      }
    }
  }

  private static void source(
      CopySource source, WordExpander expander, IgnoreMatcher ignore, Findings findings) {
    if (!(source instanceof CopySource.Path given)) {
      return;
    }
    Word word = given.path();
    if (word.text().indexOf('$') >= 0) {
      return;
    }
    String text;
    try {
      text = expander.expand(word, name -> null).text();
    } catch (DockerfileException e) {
      return;
    }
    if (text.contains("://") || text.startsWith("git@") || Glob.isWildcard(text)) {
      return;
    }
    String path = clean(text);
    boolean root = path.isEmpty();
    if (root ? ignore.excluded("any") && ignore.excluded(".any") : ignore.excluded(path)) {
      findings.add(
          Rule.COPY_IGNORED_FILE,
          word.span(),
          Quoted.of(text) + " is left out of the context by .dockerignore",
          "add !" + (root ? "path" : path) + " to .dockerignore, or do not copy it");
    }
  }

  private static String clean(String text) {
    List<String> parts = new ArrayList<>();
    for (String part : text.split("/", -1)) {
      if (part.equals("..")) {
        if (!parts.isEmpty()) {
          parts.removeLast();
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }
}
