package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Directives.Directive;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.MaintainerInstruction;
import dev.jbuild.dockerfile.ast.OnbuildInstruction;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.grammar.DockerfileLexer;
import dev.jbuild.grammar.FoldedCharStream;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads the lines of a file, one instruction after the other. Not thread-safe. */
final class FileParser {
  private final String file;
  private final SourceText source;
  private final Problems problems = new Problems();
  private final StageCollector stages = new StageCollector();
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
    boolean directives = problems.count() == 0;
    DockerfileLexer lexer = newLexer();
    boolean any = false;
    int seen = problems.count();
    for (LogicalLine line = reader.next(); line != null; line = reader.next()) {
      any = true;
      if (problems.count() > seen) {
        stages.lost();
      }
      line(new LineLexer(line, reader.directives().escape(), lexer), reader);
      seen = problems.count();
    }
    if (problems.count() > seen) {
      stages.lost();
    }
    stages.end();
    if (problems.count() == 0) {
      checkWhole(any);
    }
    if (problems.count() == 0) {
      return ParseResult.of(stages.tree(file, source, reader.directives()));
    }
    // What a wrong directive was to say may change what every line means.
    boolean worth = directives && foreign == null && !stages.isEmpty();
    return ParseResult.failed(
        problems.inFileOrder(), worth ? stages.partial(file, source, reader.directives()) : null);
  }

  private void line(LineLexer words, LineReader reader) {
    InstructionParser parser = new InstructionParser(words, reader, problems);
    Word keyword = parser.keyword();
    Keyword known = Keyword.of(keyword.text());
    if (known == null) {
      unknown(keyword);
      return;
    }
    afterUnknown = false;
    Instruction instruction = parser.parse();
    if (known == Keyword.FROM) {
      stages.begin(keyword, instruction instanceof FromInstruction from ? from : null);
    } else if (!stages.inStage() && known != Keyword.ARG) {
      stray(known, keyword.span());
    } else if (instruction != null) {
      stages.add(instruction);
    } else {
      stages.gap();
    }
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
    if (UnknownInstruction.nearest(keyword).filter(Keyword.FROM.name()::equals).isPresent()) {
      stages.begin(keyword, null);
    } else {
      stages.lost();
    }
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

  private void checkWhole(boolean any) {
    SourceSpan top = new SourceSpan(file, 1, 1, 1, 1);
    if (!any) {
      problems.add(top, "file has no instructions", "begin with FROM");
    } else if (stages.isEmpty()) {
      problems.add(
          stages.globalArgs().getLast().span(),
          "file has no stage",
          "add FROM image after the ARGs");
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
