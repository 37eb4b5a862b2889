package dev.jbuild.dockerfile.format;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.CmdInstruction;
import dev.jbuild.dockerfile.ast.CommandForm;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.Directives.Directive;
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
import dev.jbuild.dockerfile.ast.StopsignalInstruction;
import dev.jbuild.dockerfile.ast.UserInstruction;
import dev.jbuild.dockerfile.ast.VolumeInstruction;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.ast.WorkdirInstruction;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tree as JSON, as {@code jbuild parse} prints it: an array with one object for each
 * instruction in file order, one to a line.
 *
 * <p>Members: {@code instruction} in upper case; {@code directives} on the first object of a file
 * that has any; {@code flags} as written but unquoted, when there are any; {@code args}, strings
 * before expansion; {@code form}, {@code shell} or {@code exec}, for instructions that take a
 * command ({@code args} is then the one text or the argv); {@code legacy} for {@code ENV key
 * value}; {@code heredocs}; {@code trigger}, the object of the instruction in ONBUILD; {@code
 * lines}, the first and last line.
 */
public final class ParseJson {
  private final Json json = new Json();
  private final boolean withLines;

  private ParseJson(boolean withLines) {
    this.withLines = withLines;
  }

  /** The JSON text of {@code tree}, with a newline at the end. */
  public static String write(Dockerfile tree) {
    ParseJson writer = new ParseJson(true);
    List<Instruction> all = tree.instructions();
    writer.json.open('[');
    for (int i = 0; i < all.size(); i++) {
      writer.json.newline();
      writer.instruction(all.get(i), i == 0 ? tree.directives().all() : List.of());
    }
    return writer.json + "\n]\n";
  }

  /** An instruction's object without {@code lines}: the same for any layout that means the same. */
  static String meaning(Instruction instruction) {
    ParseJson writer = new ParseJson(false);
    writer.instruction(instruction, List.of());
    return writer.json.toString();
  }

  private void instruction(Instruction instruction, List<Directive> directives) {
    json.open('{').key("instruction").string(instruction.name());
    if (!directives.isEmpty()) {
      json.key("directives").open('{');
      directives.forEach(each -> json.key(each.name()).string(each.value().text()));
      json.close('}');
    }
    flags(instruction.line().flags());
    arguments(instruction);
    if (withLines) {
      SourceSpan span = instruction.span();
      json.key("lines").open('[').raw(span.startLine()).raw(span.endLine()).close(']');
    }
    json.close('}');
  }

  private void flags(List<Flag> flags) {
    if (!flags.isEmpty()) {
      json.key("flags").open('[');
      for (Flag flag : flags) {
        Word value = flag.value();
        json.string("--" + flag.name() + (value == null ? "" : "=" + value.text()));
      }
      json.close(']');
    }
  }

  private void arguments(Instruction instruction) {
    switch (instruction) {
      case AddInstruction add -> copy(add.sources(), add.destination());
      case CopyInstruction copy -> copy(copy.sources(), copy.destination());
      case ArgInstruction arg ->
          args(
              arg.declarations().stream()
                  .map(each -> joined(each.name(), each.defaultValue()))
                  .toList());
      case EnvInstruction env -> pairs(env.pairs(), env.legacy());
      case LabelInstruction label -> pairs(label.pairs(), label.legacy());
      case CmdInstruction cmd -> command(cmd.command(), null);
      case EntrypointInstruction entrypoint -> command(entrypoint.command(), null);
      case RunInstruction run -> command(run.command(), null);
      case HealthcheckInstruction health -> health(health);
      case ExposeInstruction expose -> args(texts(expose.ports()));
      case VolumeInstruction volume -> args(texts(volume.paths()));
      case FromInstruction from -> args(from(from));
      case MaintainerInstruction maintainer -> args(List.of(maintainer.author().text()));
      case StopsignalInstruction signal -> args(List.of(signal.signal().text()));
      case UserInstruction user -> args(List.of(user.user().text()));
      case WorkdirInstruction workdir -> args(List.of(workdir.path().text()));
      case ShellInstruction shell -> args(shell.arguments());
      case OnbuildInstruction onbuild -> {
        args(List.of(onbuild.expression()));
        json.key("trigger");
        instruction(onbuild.trigger(), List.of());
      }
    }
  }

  private void args(List<String> args) {
    json.key("args").strings(args);
  }

  private static List<String> texts(List<Word> words) {
    return words.stream().map(Word::text).toList();
  }

  private static String joined(Word name, @Nullable Word value) {
    return value == null ? name.text() : name.text() + "=" + value.text();
  }

  private void pairs(List<KeyValue> pairs, boolean legacy) {
    if (legacy) {
      KeyValue pair = pairs.getFirst();
      args(List.of(pair.key().text(), pair.value().text()));
      json.key("legacy").raw(true);
    } else {
      args(pairs.stream().map(pair -> joined(pair.key(), pair.value())).toList());
    }
  }

  private static List<String> from(FromInstruction from) {
    Word as = from.asKeyword();
    Word name = from.stageName();
    return as == null || name == null
        ? List.of(from.image().text())
        : List.of(from.image().text(), "AS", name.text());
  }

  private void health(HealthcheckInstruction health) {
    switch (health.check()) {
      case HealthcheckInstruction.None none -> args(List.of("NONE"));
      case HealthcheckInstruction.Probe probe -> command(probe.command(), "CMD");
    }
  }

  private void command(CommandForm command, @Nullable String before) {
    List<String> args = new ArrayList<>();
    if (before != null) {
      args.add(before);
    }
    switch (command) {
      case ExecForm exec -> {
        json.key("form").string("exec");
        args.addAll(exec.arguments());
        args(args);
      }
      case ShellForm shell -> {
        json.key("form").string("shell");
        args.add(shell.text());
        args(args);
        heredocs(shell.heredocs());
      }
    }
  }

  private void copy(List<CopySource> sources, Word destination) {
    List<String> args = new ArrayList<>();
    List<Heredoc> heredocs = new ArrayList<>();
    for (CopySource source : sources) {
      switch (source) {
        case CopySource.Path path -> args.add(path.path().text());
        case CopySource.Inline inline -> {
          args.add(inline.heredoc().word().text());
          heredocs.add(inline.heredoc());
        }
      }
    }
    args.add(destination.text());
    args(args);
    heredocs(heredocs);
  }

  private void heredocs(List<Heredoc> heredocs) {
    if (heredocs.isEmpty()) {
      return;
    }
    json.key("heredocs").open('[');
    for (Heredoc heredoc : heredocs) {
      json.open('{').key("name").string(heredoc.name());
      if (heredoc.fileDescriptor() != 0) {
        json.key("fileDescriptor").raw(heredoc.fileDescriptor());
      }
      json.key("expand").raw(heredoc.expand()).key("stripTabs").raw(heredoc.stripTabs());
      json.key("content").string(heredoc.content()).close('}');
    }
    json.close(']');
  }
}
