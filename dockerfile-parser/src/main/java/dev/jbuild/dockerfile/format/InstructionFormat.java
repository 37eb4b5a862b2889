package dev.jbuild.dockerfile.format;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.Blanks;
import dev.jbuild.dockerfile.ast.CmdInstruction;
import dev.jbuild.dockerfile.ast.CommandForm;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.EntrypointInstruction;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.ExecForm;
import dev.jbuild.dockerfile.ast.ExposeInstruction;
import dev.jbuild.dockerfile.ast.Flag;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.HealthcheckInstruction;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.KeyValue;
import dev.jbuild.dockerfile.ast.LabelInstruction;
import dev.jbuild.dockerfile.ast.MaintainerInstruction;
import dev.jbuild.dockerfile.ast.OnbuildInstruction;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.ShellForm;
import dev.jbuild.dockerfile.ast.ShellInstruction;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.StopsignalInstruction;
import dev.jbuild.dockerfile.ast.UserInstruction;
import dev.jbuild.dockerfile.ast.VolumeInstruction;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.ast.WorkdirInstruction;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Lays out one instruction, and reads the result back: a layout that does not mean the same is not
 * used, and the lines stay as they are written.
 *
 * <p>The layout is right for what people write, and need not know where the reader of lines and the
 * parser of an instruction disagree about what a blank, a word or a continuation is. In such places
 * a change of blanks, or of case, changes meaning: words that are heredocs to the reader of lines
 * and not to the instruction, so that the lines below belong to it without being continued; an
 * escape character at the end that continues nothing because a no-break space follows, which is
 * trimmed before the line is read again; a keyword broken over lines; an escape before a form feed,
 * which is a blank between words but not one to a continuation; a JSON array whose canonical form
 * is longer than a line may be. Lines kept as they are mean the same anywhere in a file, since an
 * instruction is parsed without regard to what stands around it.
 */
final class InstructionFormat {
  private static final String INDENT = "    ";

  private final SourceText source;
  private final char escape;

  InstructionFormat(SourceText source, char escape) {
    this.source = source;
    this.escape = escape;
  }

  /** The instruction with its heredocs, without a newline at the end. */
  String format(Instruction instruction) {
    String layout = layout(instruction);
    return means(layout, instruction) ? layout : asWritten(instruction.span());
  }

  /** Whether a text is that instruction and leaves the lines before and after it alone. */
  private boolean means(String text, Instruction instruction) {
    String file = "# escape=" + escape + "\nFROM before\n" + text + "\nUSER after\n";
    return DockerfileParser.parse("", SourceText.encode(file))
        .tree()
        .map(Dockerfile::instructions)
        .filter(all -> all.size() == 3)
        .filter(all -> ParseJson.meaning(all.get(1)).equals(ParseJson.meaning(instruction)))
        .filter(all -> all.get(2) instanceof UserInstruction)
        .isPresent();
  }

  private String asWritten(SourceSpan span) {
    List<String> lines = new ArrayList<>();
    lines.add(Blanks.stripLeading(source.line(span.startLine())));
    for (int number = span.startLine() + 1; number <= span.endLine(); number++) {
      lines.add(source.line(number));
    }
    return String.join("\n", lines);
  }

  private String layout(Instruction instruction) {
    List<Heredoc> heredocs = heredocs(instruction);
    int last =
        heredocs.isEmpty()
            ? instruction.span().endLine()
            : heredocs.getFirst().body().startLine() - 1;
    int first = instruction.span().startLine();
    String head = first == last ? oneLine(instruction) : manyLines(instruction, first, last);
    StringBuilder out = new StringBuilder(head);
    for (Heredoc heredoc : heredocs) {
      // The content ends in a newline, or is empty.
      out.append('\n').append(heredoc.content());
      out.append(source.line(heredoc.terminator().startLine()));
    }
    return out.toString();
  }

  private static List<Heredoc> heredocs(Instruction instruction) {
    return switch (instruction) {
      case RunInstruction run ->
          run.command() instanceof ShellForm shell ? shell.heredocs() : List.of();
      case CopyInstruction copy -> heredocs(copy.sources());
      case AddInstruction add -> heredocs(add.sources());
      case OnbuildInstruction onbuild -> heredocs(onbuild.trigger());
      case ArgInstruction none -> List.of();
      case CmdInstruction none -> List.of();
      case EntrypointInstruction none -> List.of();
      case EnvInstruction none -> List.of();
      case ExposeInstruction none -> List.of();
      case FromInstruction none -> List.of();
      case HealthcheckInstruction none -> List.of();
      case LabelInstruction none -> List.of();
      case MaintainerInstruction none -> List.of();
      case ShellInstruction none -> List.of();
      case StopsignalInstruction none -> List.of();
      case UserInstruction none -> List.of();
      case VolumeInstruction none -> List.of();
      case WorkdirInstruction none -> List.of();
    };
  }

  private static List<Heredoc> heredocs(List<CopySource> sources) {
    List<Heredoc> heredocs = new ArrayList<>();
    for (CopySource source : sources) {
      // One of the JSON form has no body in the file.
      if (source instanceof CopySource.Inline inline
          && inline.heredoc().terminator().startLine() > inline.heredoc().word().span().endLine()) {
        heredocs.add(inline.heredoc());
      }
    }
    return heredocs;
  }

  private String oneLine(Instruction instruction) {
    StringBuilder out = new StringBuilder(instruction.name());
    for (Flag flag : instruction.line().flags()) {
      out.append(' ').append(source.slice(flag.span()));
    }
    String arguments = arguments(instruction);
    if (arguments.startsWith("--")) {
      out.append(" --");
    }
    return (arguments.isEmpty() ? out : out.append(' ').append(arguments)).toString();
  }

  private String arguments(Instruction instruction) {
    return switch (instruction) {
      case AddInstruction add -> words(copy(add.sources(), add.destination()));
      case CopyInstruction copy -> words(copy(copy.sources(), copy.destination()));
      case ArgInstruction arg -> joined(declarations(arg));
      case EnvInstruction env -> pairs(env.pairs(), env.legacy());
      case LabelInstruction label -> pairs(label.pairs(), label.legacy());
      case CmdInstruction cmd -> command(cmd.command());
      case EntrypointInstruction entrypoint -> command(entrypoint.command());
      case RunInstruction run -> command(run.command());
      case ExposeInstruction expose -> words(expose.ports());
      case VolumeInstruction volume -> words(volume.paths());
      case FromInstruction from -> from(from);
      case HealthcheckInstruction health ->
          switch (health.check()) {
            case HealthcheckInstruction.None none -> "NONE";
            case HealthcheckInstruction.Probe probe -> "CMD " + command(probe.command());
          };
      case MaintainerInstruction maintainer -> maintainer.author().text();
      case StopsignalInstruction signal -> signal.signal().text();
      case UserInstruction user -> user.user().text();
      case WorkdirInstruction workdir -> workdir.path().text();
      case ShellInstruction shell -> json(shell.arguments());
      // The image config stores the trigger as it is written.
      case OnbuildInstruction onbuild -> {
        int heredocs = onbuild.expression().indexOf('\n');
        yield heredocs < 0 ? onbuild.expression() : onbuild.expression().substring(0, heredocs);
      }
    };
  }

  private static List<Word> copy(List<CopySource> sources, Word destination) {
    List<Word> words = new ArrayList<>();
    for (CopySource source : sources) {
      words.add(
          switch (source) {
            case CopySource.Path path -> path.path();
            case CopySource.Inline inline -> inline.heredoc().word();
          });
    }
    words.add(destination);
    return words;
  }

  /** Words as written, or a JSON array. */
  private String words(List<Word> words) {
    List<String> texts = words.stream().map(Word::text).toList();
    // In JSON form a word is written with the quotes that its text does not have.
    Word first = words.getFirst();
    String written = source.slice(first.span());
    if (written.startsWith("\"") && !written.equals(first.text())) {
      return json(texts);
    }
    if (first.text().startsWith("[")) {
      // With other blanks it might be JSON.
      return source.slice(first.span().to(words.getLast().span()));
    }
    return joined(texts);
  }

  private static String joined(List<String> words) {
    return String.join(" ", words);
  }

  private static List<String> declarations(ArgInstruction arg) {
    return arg.declarations().stream().map(it -> pair(it.name(), it.defaultValue())).toList();
  }

  private static String pair(Word name, @Nullable Word value) {
    return value == null ? name.text() : name.text() + "=" + value.text();
  }

  private static String pairs(List<KeyValue> pairs, boolean legacy) {
    if (legacy) {
      return pairs.getFirst().key().text() + " " + pairs.getFirst().value().text();
    }
    return joined(pairs.stream().map(pair -> pair(pair.key(), pair.value())).toList());
  }

  private static String from(FromInstruction from) {
    Word name = from.stageName();
    return name == null ? from.image().text() : from.image().text() + " AS " + name.text();
  }

  private static String command(CommandForm command) {
    return switch (command) {
      case ExecForm exec -> json(exec.arguments());
      case ShellForm shell -> shell.text();
    };
  }

  private static String json(List<String> strings) {
    StringBuilder out = new StringBuilder("[");
    for (int i = 0; i < strings.size(); i++) {
      out.append(i == 0 ? "" : ", ");
      Json.quote(out, strings.get(i));
    }
    return out.append(']').toString();
  }

  private String manyLines(Instruction instruction, int first, int last) {
    boolean indent = isWordsOnly(instruction);
    StringBuilder out = new StringBuilder();
    for (int number = first; number <= last; number++) {
      String line = source.line(number);
      String stripped = Blanks.strip(line);
      if (number > first && stripped.startsWith("#")) {
        out.append(INDENT).append(stripped).append('\n');
      } else if (!stripped.isEmpty()) {
        // Nothing followed the one of the last line, up to the end of the file.
        String content = withoutContinuation(line);
        if (number == last) {
          content = Blanks.stripTrailing(content);
        }
        if (number == first) {
          content = withKeyword(instruction, content);
        } else if (indent) {
          content = INDENT + withoutBlanks(content);
        }
        if (indent) {
          content = withoutBlanksAtEnd(content);
        }
        out.append(content);
        if (number < last) {
          out.append(indent ? " " : "").append(escape).append('\n');
        }
      }
    }
    return out.toString();
  }

  /** Between words a no-break space is a word of its own; only these are blanks. */
  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t' || c == '\u000b' || c == '\f' || c == '\r';
  }

  private static String withoutBlanksAtEnd(String line) {
    int end = line.length();
    while (end > 0 && isBlank(line.charAt(end - 1))) {
      end--;
    }
    return line.substring(0, end);
  }

  private static String withoutBlanks(String line) {
    int start = 0;
    while (start < line.length() && isBlank(line.charAt(start))) {
      start++;
    }
    return withoutBlanksAtEnd(line.substring(start));
  }

  /** The first line, the keyword in upper case and with one blank after it. */
  private static String withKeyword(Instruction instruction, String line) {
    String rest = Blanks.stripLeading(line);
    String keyword = instruction.line().keyword().text();
    if (!rest.startsWith(keyword)) {
      return rest;
    }
    String after = rest.substring(keyword.length());
    String arguments = Blanks.stripLeading(after);
    return instruction.name() + (arguments.isEmpty() ? after : " " + arguments);
  }

  private String withoutContinuation(String line) {
    int last = Blanks.stripTrailing(line).length() - 1;
    boolean continued =
        last >= 0 && line.charAt(last) == escape && (last == 0 || line.charAt(last - 1) != escape);
    return continued ? line.substring(0, last) : line;
  }

  /**
   * Whether the arguments are words, none of which is broken over lines, so that blanks between
   * them may be changed.
   */
  private boolean isWordsOnly(Instruction instruction) {
    List<SourceSpan> spans = new ArrayList<>();
    spans.add(instruction.line().keyword().span());
    instruction.line().flags().forEach(flag -> spans.add(flag.span()));
    List<Word> words = new ArrayList<>();
    switch (instruction) {
      case ArgInstruction arg ->
          arg.declarations()
              .forEach(it -> {
                words.add(it.name());
                Word value = it.defaultValue();
                if (value != null) {
                  words.add(value);
                }
              });
      case EnvInstruction env -> addPairs(env.pairs(), env.legacy(), words);
      case LabelInstruction label -> addPairs(label.pairs(), label.legacy(), words);
      case CopyInstruction copy -> words.addAll(copy(copy.sources(), copy.destination()));
      case AddInstruction add -> words.addAll(copy(add.sources(), add.destination()));
      case ExposeInstruction expose -> words.addAll(expose.ports());
      case VolumeInstruction volume -> words.addAll(volume.paths());
      case CmdInstruction none -> {}
      case EntrypointInstruction none -> {}
      case FromInstruction none -> {}
      case HealthcheckInstruction none -> {}
      case MaintainerInstruction none -> {}
      case OnbuildInstruction none -> {}
      case RunInstruction none -> {}
      case ShellInstruction none -> {}
      case StopsignalInstruction none -> {}
      case UserInstruction none -> {}
      case WorkdirInstruction none -> {}
    }
    for (Word word : words) {
      boolean verbatim =
          word.span().startLine() == word.span().endLine()
              && source.slice(word.span()).equals(word.text());
      if (!verbatim || word.text().startsWith("[")) {
        return false;
      }
    }
    return !words.isEmpty() && spans.stream().allMatch(it -> it.startLine() == it.endLine());
  }

  private static void addPairs(List<KeyValue> pairs, boolean legacy, List<Word> words) {
    if (!legacy) {
      for (KeyValue pair : pairs) {
        words.add(pair.key());
        words.add(pair.value());
      }
    }
  }
}
