package dev.jbuild.dockerfile.format;

import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.Blanks;
import dev.jbuild.dockerfile.ast.Directives.Directive;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.SourceText;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Canonical layout.
 *
 * <p>Instructions are in upper case at the start of the line, with one blank between arguments; a
 * blank line stands before every FROM but the first thing of the file, never two in a row, none at
 * the start and the end; continued lines of words are indented by four blanks; comments stay where
 * they are. The text of a shell command, the lines of a JSON array and heredoc bodies are kept as
 * they are, since they are content. The result parses to the same tree.
 *
 * <p>Time is linear in the length of the file.
 */
public final class Formatter {
  /** A comment that would be a directive if it came first. */
  private static final Pattern DIRECTIVE =
      Pattern.compile("(?sU)#\\s*(?i:syntax|escape|check)\\s*=.*");

  private final Dockerfile tree;
  private final SourceText source;
  private final StringBuilder out = new StringBuilder();
  private final List<String> comments = new ArrayList<>();
  private boolean blankBefore;
  private boolean afterInstruction;

  private Formatter(Dockerfile tree) {
    this.tree = tree;
    this.source = tree.source();
  }

  /**
   * The text of {@code tree} in canonical layout, with a newline at the end. Write it with {@link
   * SourceText#encode}, which keeps bytes that are not UTF-8.
   */
  public static String format(Dockerfile tree) {
    return new Formatter(tree).run();
  }

  private String run() {
    Deque<Instruction> instructions = new ArrayDeque<>(tree.instructions());
    Deque<Directive> directives = new ArrayDeque<>(tree.directives().all());
    InstructionFormat format = new InstructionFormat(source, tree.directives().escape());
    int line = 1;
    while (line <= source.lineCount()) {
      Directive directive = directives.peek();
      Instruction instruction = instructions.peek();
      if (directive != null && directive.span().startLine() == line) {
        directives.pop();
        flush();
        line("# " + directive.name() + "=" + directive.value().text());
      } else if (instruction != null && instruction.span().startLine() == line) {
        instructions.pop();
        instruction(instruction, format.format(instruction));
        line = instruction.span().endLine();
      } else {
        other(Blanks.strip(source.line(line)));
      }
      line++;
    }
    flush();
    return out.toString();
  }

  private void other(String text) {
    if (text.isEmpty()) {
      flush();
      blankBefore = true;
    } else if (text.startsWith("#")) {
      comments.add(comment(text));
    }
    // Anything else is a continuation that leads to nothing.
  }

  private static String comment(String text) {
    return text.length() > 1 && Character.isLetterOrDigit(text.charAt(1))
        ? "# " + text.substring(1)
        : text;
  }

  private void instruction(Instruction instruction, String text) {
    boolean from = instruction instanceof FromInstruction;
    boolean args = instruction instanceof ArgInstruction;
    if (from && afterInstruction && !args) {
      // What stands directly above FROM is about it, and goes with it.
      blankBefore = true;
    }
    flush();
    line(text);
    afterInstruction = true;
  }

  /** Writes the comments that were held back until it was known what follows. */
  private void flush() {
    if (comments.isEmpty()) {
      return;
    }
    if (out.isEmpty() && DIRECTIVE.matcher(comments.getFirst()).matches()) {
      out.append('\n');
      blankBefore = false;
    }
    comments.forEach(this::line);
    comments.clear();
  }

  private void line(String text) {
    if (blankBefore && !out.isEmpty()) {
      out.append('\n');
    }
    blankBefore = false;
    out.append(text).append('\n');
  }
}
