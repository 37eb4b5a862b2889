package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Directives.Directive;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.MaintainerInstruction;
import dev.jbuild.dockerfile.ast.OnbuildInstruction;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.grammar.DockerfileLexer;
import dev.jbuild.grammar.FoldedCharStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Puts the instructions of a file into stages. Not thread-safe. */
final class FileParser {
  private final String file;
  private final SourceText source;
  private final Problems problems = new Problems();
  private final List<ArgInstruction> globalArgs = new ArrayList<>();
  private final List<Stage> stages = new ArrayList<>();
  private final List<Instruction> body = new ArrayList<>();
  private @Nullable FromInstruction from;

  /** Whether a FROM was seen, be it a wrong one: what follows is not blamed for that. */
  private boolean inStage;

  private boolean strayReported;
  private boolean afterUnknown;

  /** The frontend the file is for, when it is no Dockerfile. */
  private @Nullable Directive foreign;

  FileParser(String file, SourceText source) {
    this.file = file;
    this.source = source;
  }

  ParseResult parse() {
    LineReader reader = new LineReader(file, source, problems, null);
    DockerfileLexer lexer = newLexer();
    boolean any = false;
    for (LogicalLine line = reader.next(); line != null; line = reader.next()) {
      any = true;
      LineLexer words = new LineLexer(line, reader.directives().escape(), lexer);
      InstructionParser parser = new InstructionParser(words, reader, problems);
      Word keyword = parser.keyword();
      Keyword known = Keyword.of(keyword.text());
      if (known == null) {
        unknown(keyword);
        continue;
      }
      afterUnknown = false;
      Instruction instruction = parser.parse();
      if (known == Keyword.FROM) {
        endStage();
        inStage = true;
        from = instruction instanceof FromInstruction begin ? begin : null;
      } else if (!inStage && known != Keyword.ARG) {
        stray(known, keyword.span());
      } else if (instruction != null) {
        add(instruction);
      }
    }
    endStage();
    if (problems.count() == 0) {
      checkWhole(any);
    }
    return problems.count() > 0
        ? new ParseResult(null, problems.inFileOrder())
        : new ParseResult(
            new Dockerfile(file, source, reader.directives(), globalArgs, stages), List.of());
  }

  /**
   * Reports a line that begins with no instruction. Of such lines in a row that are nothing like an
   * instruction only the first is reported: they are a lost continuation or another language, and
   * it is one mistake.
   */
  private void unknown(Word keyword) {
    boolean first = problems.count() == 0;
    if (first) {
      foreign = SyntaxDetector.foreign(file, source).orElse(null);
    }
    if (foreign != null) {
      if (first) {
        reportForeign(foreign);
      }
    } else if (!afterUnknown || UnknownInstruction.nearest(keyword).isPresent()) {
      UnknownInstruction.report(keyword, problems);
    }
    afterUnknown = true;
  }

  private void reportForeign(Directive syntax) {
    problems.add(
        syntax.span(),
        "file is not a Dockerfile but input for the frontend " + Quoted.of(syntax.value().text()),
        "jbuild runs no other frontends; give it a Dockerfile");
  }

  private static DockerfileLexer newLexer() {
    DockerfileLexer lexer = new DockerfileLexer(new FoldedCharStream("", 0, 0, '\\', true));
    lexer.removeErrorListeners();
    return lexer;
  }

  private void stray(Keyword keyword, SourceSpan span) {
    if (!strayReported) {
      strayReported = true;
      problems.add(
          span, keyword + " stands before the first FROM", "begin with FROM; only ARG may precede");
    }
  }

  private void add(Instruction instruction) {
    if (inStage) {
      body.add(instruction);
    } else if (instruction instanceof ArgInstruction arg) {
      globalArgs.add(arg);
    }
  }

  private void endStage() {
    if (from != null) {
      Word name = from.stageName();
      String description =
          name == null
              ? null
              : Descriptions.of(from.line().comments(), name.text().toLowerCase(Locale.ROOT));
      stages.add(new Stage(stages.size(), from, body, description));
    }
    from = null;
    body.clear();
  }

  private void checkWhole(boolean any) {
    SourceSpan top = new SourceSpan(file, 1, 1, 1, 1);
    if (!any) {
      problems.add(top, "file has no instructions", "begin with FROM");
    } else if (stages.isEmpty()) {
      problems.add(
          globalArgs.getLast().span(), "file has no stage", "add FROM image after the ARGs");
    }
  }

  static Instruction parseTrigger(String trigger, SourceSpan from) {
    Problems problems = new Problems();
    LineReader reader = new LineReader(from.file(), SourceText.of(trigger), problems, from);
    LogicalLine line = reader.next();
    Instruction instruction = null;
    if (line != null) {
      LineLexer words = new LineLexer(line, '\\', newLexer());
      InstructionParser parser = new InstructionParser(words, reader, problems);
      Word keyword = parser.keyword();
      if (Keyword.of(keyword.text()) == null) {
        UnknownInstruction.report(keyword, problems);
      }
      instruction = parser.parse();
    }
    boolean forbidden =
        switch (instruction) {
          case FromInstruction no -> true;
          case MaintainerInstruction no -> true;
          case OnbuildInstruction no -> true;
          case null, default -> false;
        };
    if (instruction == null || forbidden || reader.next() != null) {
      String why =
          problems.count() > 0
              ? problems.inFileOrder().getFirst().message()
              : "not one instruction";
      throw new DockerfileException(
          List.of(
              Diagnostic.error(
                  from,
                  "the base image has an invalid ONBUILD trigger "
                      + Quoted.of(trigger)
                      + ": "
                      + (forbidden ? "it cannot be a trigger" : why),
                  "use a base image without it")));
    }
    return instruction;
  }
}
