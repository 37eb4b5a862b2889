package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.CmdInstruction;
import dev.jbuild.dockerfile.ast.CommandForm;
import dev.jbuild.dockerfile.ast.Comment;
import dev.jbuild.dockerfile.ast.EntrypointInstruction;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.ExecForm;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.InstructionLine;
import dev.jbuild.dockerfile.ast.LabelInstruction;
import dev.jbuild.dockerfile.ast.MaintainerInstruction;
import dev.jbuild.dockerfile.ast.OnbuildInstruction;
import dev.jbuild.dockerfile.ast.ShellForm;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.StopsignalInstruction;
import dev.jbuild.dockerfile.ast.UserInstruction;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.ast.WorkdirInstruction;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.grammar.DockerfileLexer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/**
 * Makes the record of one logical line. Each instruction is the same at first, keyword and flags;
 * then the lexer mode of its arguments takes over. Problems are noted, and an instruction with
 * problems comes out as null. Not thread-safe.
 */
final class InstructionParser {
  private final LineLexer lexer;
  private final LineReader reader;
  private final Problems problems;

  /** Where the arguments begin and end. */
  private int start;

  private final int end;
  private List<Heredoc> heredocs = List.of();

  InstructionParser(LineLexer lexer, LineReader reader, Problems problems) {
    this.lexer = lexer;
    this.reader = reader;
    this.problems = problems;
    this.end = lexer.end();
  }

  /** The keyword as written. */
  Word keyword() {
    lexer.seek(0, LineLexer.Mode.INSTRUCTION);
    return lexer.word(lexer.next());
  }

  /** The instruction, or null when there are problems with it or its keyword is none. */
  @Nullable Instruction parse() {
    return parse(0, lexer.line().comments());
  }

  private @Nullable Instruction parse(int from, List<Comment> comments) {
    lexer.seek(from, LineLexer.Mode.INSTRUCTION);
    Word keyword = lexer.word(lexer.next());
    Keyword known = Keyword.of(keyword.text());
    if (known == null) {
      return null;
    }
    int before = problems.count();
    Flags flags = flags(known);
    Instruction instruction = build(known, from, keyword, flags, comments);
    return problems.count() == before ? instruction : null;
  }

  private Flags flags(Keyword keyword) {
    Flags flags = new Flags(keyword, problems);
    start = end;
    for (Token token = lexer.next(); token.getType() != Token.EOF; token = lexer.next()) {
      if (token.getType() == DockerfileLexer.ARGUMENTS) {
        start = token.getStartIndex();
        break;
      }
      if (token.getType() == DockerfileLexer.FLAG) {
        int flagStart = token.getStartIndex();
        int flagEnd = token.getStopIndex() + 1;
        flags.add(
            DecodedText.ofFlag(lexer.line(), flagStart, flagEnd, lexer.escape()),
            lexer.span(flagStart, flagEnd));
      }
    }
    return flags;
  }

  private @Nullable Instruction build(
      Keyword known, int from, Word keyword, Flags flags, List<Comment> comments) {
    JsonArray json = takesJson(known) ? JsonArray.of(lexer.line(), start, end) : null;
    if (json != null && json.other() != null) {
      problems.add(
          json.other(),
          "the JSON form of " + known + " takes strings only",
          "put every argument in double quotes");
      return null;
    }
    if (known.takesHeredocs() && json == null) {
      readHeredocs(known);
    }
    InstructionLine head =
        new InstructionLine(
            span(from),
            keyword,
            flags.written(),
            SourceText.printable(lexer.text().substring(from, end)),
            comments,
            from == 0 ? lexer.line().blanks() : List.of());
    ArgumentBuilder arguments = new ArgumentBuilder(lexer, problems, start);
    return switch (known) {
      case ADD -> copies(flags).add(head, list(json));
      case COPY -> copies(flags).copy(head, list(json));
      case ARG -> arguments.arg(head);
      case CMD -> new CmdInstruction(head, command(json, start));
      case ENTRYPOINT -> new EntrypointInstruction(head, command(json, start));
      case ENV ->
          with(arguments.pairs(known), it -> new EnvInstruction(head, it.all(), it.legacy()));
      case LABEL ->
          with(arguments.pairs(known), it -> new LabelInstruction(head, it.all(), it.legacy()));
      case EXPOSE -> arguments.expose(head);
      case FROM -> arguments.from(head, flags);
      case HEALTHCHECK -> new HealthcheckBuilder(this, lexer, problems, flags).build(head, start);
      case MAINTAINER -> with(arguments.rest(known), it -> new MaintainerInstruction(head, it));
      case ONBUILD -> onbuild(head);
      case RUN -> new RunBuilder(problems, flags).build(head, command(json, start));
      case SHELL -> arguments.shell(head, json);
      case STOPSIGNAL -> with(arguments.rest(known), it -> new StopsignalInstruction(head, it));
      case USER -> with(arguments.rest(known), it -> new UserInstruction(head, it));
      case VOLUME -> arguments.volume(head, list(json));
      case WORKDIR -> with(arguments.rest(known), it -> new WorkdirInstruction(head, it));
    };
  }

  private static <A> @Nullable Instruction with(
      @Nullable A arguments, Function<A, Instruction> make) {
    return arguments == null ? null : make.apply(arguments);
  }

  private static boolean takesJson(Keyword keyword) {
    return switch (keyword) {
      case ADD, COPY, CMD, ENTRYPOINT, RUN, SHELL, VOLUME -> true;
      case ARG,
          ENV,
          EXPOSE,
          FROM,
          HEALTHCHECK,
          LABEL,
          MAINTAINER,
          ONBUILD,
          STOPSIGNAL,
          USER,
          WORKDIR ->
          false;
    };
  }

  private CopyBuilder copies(Flags flags) {
    return new CopyBuilder(lexer, problems, flags, heredocs);
  }

  private List<Word> list(@Nullable JsonArray json) {
    return json == null ? lexer.words(start, LineLexer.Mode.WORDS) : json.strings();
  }

  /** A command in JSON form, or as the rest of the line for a shell. */
  CommandForm command(@Nullable JsonArray json, int from) {
    SourceSpan span = from == end ? lexer.atEnd() : lexer.span(from, end);
    return json != null
        ? new ExecForm(json.strings().stream().map(Word::text).toList(), span)
        : new ShellForm(lexer.text().substring(from, end), heredocs, span);
  }

  /**
   * From {@code from} to the end of the arguments or, if there are heredocs, of the last of them.
   */
  private SourceSpan span(int from) {
    SourceSpan own = lexer.span(from, end);
    return heredocs.isEmpty() ? own : own.to(heredocs.getLast().terminator());
  }

  private void readHeredocs(Keyword keyword) {
    String text = lexer.text();
    if (text.indexOf("<<") < 0) {
      return;
    }
    heredocs = new ArrayList<>();
    int at = 0;
    int operator = -1;
    boolean arithmetic = false;
    for (String raw : WordExpander.rawWords(text.substring(0, end))) {
      // Words stand in the line as they are, but for escapes doubled within double quotes.
      int found = text.indexOf(raw, at);
      SourceSpan span = found < 0 ? lexer.span(0, end) : lexer.span(found, found + raw.length());
      at = found < 0 ? at : found + raw.length();
      int opens = raw.lastIndexOf("((");
      int closes = raw.lastIndexOf("))");
      if (opens != closes) {
        // Between them "<<" shifts: $(( 1 << 2 )).
        arithmetic = opens > closes;
      }
      if (operator < 0 && found >= 0 && HeredocWord.isOperator(raw)) {
        // As in a shell, blanks may stand before the name.
        operator = found;
        continue;
      }
      Word written =
          operator < 0
              ? new Word(raw, span)
              : new Word(text.substring(operator, at), lexer.span(operator, at));
      boolean parted = operator >= 0;
      operator = -1;
      HeredocWord word = HeredocWord.of(written);
      if (word != null && !(parted && (arithmetic || HeredocWord.isArithmetic(raw)))) {
        Heredoc heredoc = reader.heredoc(word);
        if (heredoc == null) {
          return;
        }
        heredocs.add(heredoc);
        if (parted && keyword != Keyword.RUN) {
          problems.add(
              written.span(),
              "blanks between \"<<\" and the name of a heredoc of " + keyword,
              "write <<" + heredoc.name());
        }
      }
    }
  }

  private @Nullable OnbuildInstruction onbuild(InstructionLine head) {
    if (start == end) {
      problems.add(lexer.atEnd(), "ONBUILD needs an instruction", "write ONBUILD RUN command");
      return null;
    }
    int triggerStart = start;
    lexer.seek(triggerStart, LineLexer.Mode.INSTRUCTION);
    Word name = lexer.word(lexer.next());
    Keyword keyword = Keyword.of(name.text());
    if (keyword == null) {
      UnknownInstruction.report(name, problems);
      return null;
    }
    if (keyword == Keyword.ONBUILD || keyword == Keyword.FROM || keyword == Keyword.MAINTAINER) {
      problems.add(
          name.span(),
          "ONBUILD cannot trigger " + keyword,
          switch (keyword) {
            case ONBUILD -> "remove one of them";
            case FROM -> "a stage begins where the Dockerfile says so";
            default -> "write ONBUILD LABEL org.opencontainers.image.authors=...";
          });
      return null;
    }
    Instruction trigger = parse(triggerStart, List.of());
    if (trigger == null) {
      return null;
    }
    StringBuilder expression = new StringBuilder(lexer.text().substring(triggerStart, end));
    for (Heredoc heredoc : heredocs) {
      expression.append('\n').append(heredoc.content()).append(heredoc.name());
    }
    InstructionLine whole =
        new InstructionLine(
            span(0),
            head.keyword(),
            head.flags(),
            head.text(),
            head.comments(),
            head.blankContinuations());
    return new OnbuildInstruction(whole, expression.toString(), trigger);
  }
}
