package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Blanks;
import dev.jbuild.dockerfile.ast.CommandForm;
import dev.jbuild.dockerfile.ast.ExecForm;
import dev.jbuild.dockerfile.ast.HealthcheckInstruction;
import dev.jbuild.dockerfile.ast.HealthcheckInstruction.Interval;
import dev.jbuild.dockerfile.ast.InstructionLine;
import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.grammar.FoldedCharStream;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Makes HEALTHCHECK. */
final class HealthcheckBuilder {
  private static final Duration SHORTEST = Duration.ofMillis(1);

  private final InstructionParser parser;
  private final LineLexer lexer;
  private final Problems problems;
  private final Flags flags;

  HealthcheckBuilder(InstructionParser parser, LineLexer lexer, Problems problems, Flags flags) {
    this.parser = parser;
    this.lexer = lexer;
    this.problems = problems;
    this.flags = flags;
  }

  @Nullable HealthcheckInstruction build(InstructionLine head, int start) {
    int typeEnd = start;
    while (typeEnd < lexer.end() && !FoldedCharStream.isSpace(lexer.text().charAt(typeEnd))) {
      typeEnd++;
    }
    Word type = lexer.word(start, typeEnd);
    int command = Blanks.skip(lexer.text(), typeEnd, lexer.end());
    return switch (type.text().toUpperCase(Locale.ROOT)) {
      case "NONE" -> none(head, command);
      case "CMD" -> probe(head, command);
      case "" -> {
        problems.add(
            lexer.atEnd(),
            "HEALTHCHECK needs CMD or NONE",
            "write HEALTHCHECK CMD command, or HEALTHCHECK NONE");
        yield null;
      }
      default -> {
        problems.add(
            type.span(),
            "unknown type " + Quoted.of(type.text()) + " of HEALTHCHECK",
            Nearest.hint(type.text(), List.of("CMD", "NONE"))
                .orElse("write HEALTHCHECK CMD before the command"));
        yield null;
      }
    };
  }

  private @Nullable HealthcheckInstruction none(InstructionLine head, int rest) {
    if (rest < lexer.end()) {
      problems.add(
          lexer.span(rest, lexer.end()), "HEALTHCHECK NONE takes no arguments", "remove them");
      return null;
    }
    if (!head.flags().isEmpty()) {
      problems.add(
          head.flags().getFirst().span(), "HEALTHCHECK NONE takes no flags", "remove them");
      return null;
    }
    return new HealthcheckInstruction(head, new HealthcheckInstruction.None());
  }

  private @Nullable HealthcheckInstruction probe(InstructionLine head, int start) {
    JsonArray json = JsonArray.of(lexer.line(), start, lexer.end());
    if (json != null && json.other() != null) {
      problems.add(
          json.other(),
          "the JSON form of HEALTHCHECK CMD takes strings only",
          "put every argument in double quotes");
      return null;
    }
    CommandForm command = parser.command(json, start);
    if (start == lexer.end() || (command instanceof ExecForm exec && exec.arguments().isEmpty())) {
      problems.add(
          lexer.atEnd(), "HEALTHCHECK CMD needs a command", "write HEALTHCHECK CMD command");
      return null;
    }
    return new HealthcheckInstruction(
        head,
        new HealthcheckInstruction.Probe(
            command,
            interval("interval"),
            interval("timeout"),
            interval("start-period"),
            interval("start-interval"),
            retries()));
  }

  private @Nullable Interval interval(String flag) {
    Word word = flags.text(flag);
    if (word == null) {
      return null;
    }
    Duration value = GoDuration.parse(word.text());
    if (value == null) {
      problems.add(
          word.span(),
          "invalid duration " + Quoted.of(word.text()) + " of --" + flag,
          "write a number and a unit: 500ms, 30s, 1m30s, 1h");
      return null;
    }
    if (!value.isZero() && value.compareTo(SHORTEST) < 0) {
      problems.add(
          word.span(),
          "duration " + Quoted.of(word.text()) + " of --" + flag + " is below 1ms",
          "write at least 1ms, or 0 for the default");
      return null;
    }
    return new Interval(word, value);
  }

  private int retries() {
    Word word = flags.text("retries");
    if (word == null) {
      return 0;
    }
    String digits = word.text().startsWith("+") ? word.text().substring(1) : word.text();
    boolean number =
        !digits.isEmpty()
            && digits.length() <= 10
            && digits.chars().allMatch(c -> c >= '0' && c <= '9')
            && Long.parseLong(digits) <= Integer.MAX_VALUE;
    if (!number) {
      problems.add(
          word.span(),
          "invalid count " + Quoted.of(word.text()) + " of --retries",
          "write a whole number, 0 for the default");
      return 0;
    }
    return Integer.parseInt(digits);
  }
}
