package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.CmdInstruction;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.EntrypointInstruction;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.ExposeInstruction;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.HealthcheckInstruction;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.KeyValue;
import dev.jbuild.dockerfile.ast.LabelInstruction;
import dev.jbuild.dockerfile.ast.MaintainerInstruction;
import dev.jbuild.dockerfile.ast.MountFlag;
import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.OnbuildInstruction;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.ShellInstruction;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.StopsignalInstruction;
import dev.jbuild.dockerfile.ast.UserInstruction;
import dev.jbuild.dockerfile.ast.VolumeInstruction;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.ast.WorkdirInstruction;
import dev.jbuild.dockerfile.expand.Expansion;
import dev.jbuild.dockerfile.expand.GlobalScope;
import dev.jbuild.dockerfile.expand.StageScope;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.dockerfile.outline.StageGraph;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Rules that follow variables through the stages: undefined ones, secrets, relative WORKDIR. */
final class VariableRules {
  private static final Pattern SECRET =
      Pattern.compile(
          "(?i)(?:_|^)(?:apikey|auth|credential|credentials|key|password|pword|passwd|secret"
              + "|token)(?:_|$)");
  private static final Pattern NO_SECRET =
      Pattern.compile("(?i)(?:_|^)(?:public|file|version)(?:_|$)");

  /** Names compared for suggestions in a file, so that the time stays linear in its size. */
  private static final int ENOUGH = 1_000_000;

  /** What is known about the variables at some place. */
  private record State(StageScope scope, boolean imageKnown, boolean workdirSet) {
    State with(StageScope next) {
      return new State(next, imageKnown, workdirSet);
    }
  }

  private final Dockerfile tree;
  private final WordExpander expander;
  private final GlobalScope globals;
  private final StageGraph graph;
  private final LintOptions options;
  private final Findings findings;
  private final Map<Integer, State> ends = new HashMap<>();
  private int compared;

  VariableRules(
      Dockerfile tree,
      WordExpander expander,
      GlobalScope globals,
      StageGraph graph,
      LintOptions options,
      Findings findings) {
    this.tree = tree;
    this.expander = expander;
    this.globals = globals;
    this.graph = graph;
    this.options = options;
    this.findings = findings;
  }

  static boolean isSecret(String name) {
    return SECRET.matcher(name).find() && !NO_SECRET.matcher(name).find();
  }

  /**
   * Goes through all stages, since later ones may begin from any, and reports on {@code stages}.
   */
  void check(List<Stage> stages) {
    Set<Integer> wanted = stages.stream().map(Stage::index).collect(Collectors.toSet());
    for (Stage stage : tree.stages()) {
      Findings sink = wanted.contains(stage.index()) ? findings : findings.discarding();
      State state = begin(stage, sink);
      for (Instruction instruction : stage.instructions()) {
        state = step(instruction, state, sink);
      }
      ends.put(stage.index(), state);
    }
  }

  private State begin(Stage stage, Findings sink) {
    Stage found = graph.base(stage).orElse(null);
    State base = found == null ? null : ends.get(found.index());
    if (found != null && base != null) {
      for (Instruction trigger : Triggers.of(found, stage)) {
        base = step(trigger, base, sink);
      }
      return base;
    }
    String image = expander.expand(stage.from().image(), globals).text();
    Set<String> env = image.equals("scratch") ? Set.of() : options.imageEnv().apply(image);
    Map<String, String> values = new HashMap<>();
    values.put("PATH", "/usr/bin:/bin");
    if (env != null) {
      env.forEach(name -> values.putIfAbsent(name, "x"));
    }
    return new State(StageScope.of(globals, options.buildArgs(), values), env != null, false);
  }

  private State step(Instruction instruction, State state, Findings sink) {
    try {
      return switch (instruction) {
        case ArgInstruction arg -> arg(arg, state, sink);
        case EnvInstruction env -> {
          for (KeyValue pair : env.pairs()) {
            String key = expander.expand(pair.key(), state.scope).text();
            secret("ENV", key, pair.key().span(), sink);
          }
          words(pairs(env.pairs()), state, sink);
          yield state.with(state.scope.with(env, expander));
        }
        case WorkdirInstruction workdir -> workdir(workdir, state, sink);
        case AddInstruction add -> {
          heredocs(add.sources(), state, sink);
          yield words(
              copy(add.sources(), add.destination(), add.chown(), add.chmod(), add.checksum()),
              state,
              sink);
        }
        case CopyInstruction copy -> {
          heredocs(copy.sources(), state, sink);
          yield words(
              copy(copy.sources(), copy.destination(), copy.chown(), copy.chmod(), null),
              state,
              sink);
        }
        case ExposeInstruction expose -> {
          // As in BuildKit, no UndefinedVar here.
          for (Word port : expose.ports()) {
            Expansion expansion = expander.expand(port, state.scope);
            if (state.imageKnown || expansion.undefined().isEmpty()) {
              ExposeRules.check(port, expansion.words(), sink);
            }
          }
          yield state;
        }
        case LabelInstruction label -> words(pairs(label.pairs()), state, sink);
        case RunInstruction run -> words(mounts(run), state, sink);
        case StopsignalInstruction signal -> words(List.of(signal.signal()), state, sink);
        case UserInstruction user -> words(List.of(user.user()), state, sink);
        case VolumeInstruction volume -> words(volume.paths(), state, sink);
        case CmdInstruction none -> state;
        case EntrypointInstruction none -> state;
        case FromInstruction none -> state;
        case HealthcheckInstruction none -> state;
        case MaintainerInstruction none -> state;
        case OnbuildInstruction none -> state;
        case ShellInstruction none -> state;
      };
    } catch (DockerfileException e) {
      return state;
    }
  }

  private State arg(ArgInstruction arg, State state, Findings sink) {
    Set<String> declared = new HashSet<>();
    for (ArgInstruction.Declaration declaration : arg.declarations()) {
      String name = declaration.name().text();
      secret("ARG", name, declaration.name().span(), sink);
      // ARG works left to right: a default may use the names before it.
      Word defaultValue = declaration.defaultValue();
      if (defaultValue != null && !options.buildArgs().containsKey(name)) {
        for (String used : expander.expand(defaultValue, state.scope).undefined()) {
          if (!declared.contains(used)) {
            undefined(used, defaultValue.span(), state, sink);
          }
        }
      }
      declared.add(name);
    }
    return state.with(state.scope.with(arg, expander));
  }

  private State workdir(WorkdirInstruction workdir, State state, Findings sink) {
    words(List.of(workdir.path()), state, sink);
    String path = expander.expand(workdir.path(), state.scope).text();
    if (!state.workdirSet && !path.startsWith("/")) {
      sink.add(
          Rule.WORKDIR_RELATIVE_PATH,
          workdir.path().span(),
          "working directory "
              + Quoted.of(workdir.path().text())
              + " is relative to that of the base image",
          "write an absolute path");
    }
    return new State(state.scope, state.imageKnown, true);
  }

  private static List<Word> pairs(List<KeyValue> pairs) {
    List<Word> words = new ArrayList<>();
    for (KeyValue pair : pairs) {
      words.add(pair.key());
      words.add(pair.value());
    }
    return words;
  }

  private static List<Word> copy(
      List<CopySource> sources,
      Word destination,
      @Nullable Word chown,
      @Nullable Word chmod,
      @Nullable Word checksum) {
    List<Word> words = new ArrayList<>();
    for (CopySource source : sources) {
      if (source instanceof CopySource.Path path) {
        words.add(path.path());
      }
    }
    words.add(destination);
    for (Word flag : new @Nullable Word[] {chown, chmod, checksum}) {
      if (flag != null) {
        words.add(flag);
      }
    }
    return words;
  }

  private static List<Word> mounts(RunInstruction run) {
    List<Word> words = new ArrayList<>();
    for (MountFlag mount : run.mounts()) {
      for (MountFlag.Option option : mount.options()) {
        Word value = option.value();
        if (value != null && !option.key().equals("from")) {
          words.add(value);
        }
      }
    }
    return words;
  }

  private State words(List<Word> words, State state, Findings sink) {
    for (Word word : words) {
      for (String name : new TreeSet<>(expander.expand(word, state.scope).undefined())) {
        undefined(name, word.span(), state, sink);
      }
    }
    return state;
  }

  private void heredocs(List<CopySource> sources, State state, Findings sink) {
    for (CopySource source : sources) {
      if (source instanceof CopySource.Inline(Heredoc heredoc)) {
        Set<String> undefined = WordExpander.expand(heredoc, state.scope).undefined();
        for (String name : new TreeSet<>(undefined)) {
          undefined(name, heredoc.word().span(), state, sink);
        }
      }
    }
  }

  private void undefined(String name, SourceSpan span, State state, Findings sink) {
    if (state.scope.isDeclared(name)) {
      return;
    }
    String near = near(name, state);
    boolean capitals = name.equals(name.toUpperCase(Locale.ROOT));
    if (near == null && !state.imageKnown && capitals) {
      return;
    }
    sink.add(
        Rule.UNDEFINED_VAR,
        span,
        "variable " + Quoted.of("$" + name) + " is not defined",
        near != null
            ? "did you mean \"$" + near + "\"?"
            : globals.get(name) != null
                ? "add ARG " + name + " to this stage; global ARGs are not visible in stages"
                : "define it with ARG or ENV before this line");
  }

  /** A name that is known and nearly {@code name}; null also when enough were compared. */
  private @Nullable String near(String name, State state) {
    if (compared > ENOUGH) {
      return null;
    }
    Set<String> known = new TreeSet<>(state.scope.runEnvironment().keySet());
    known.addAll(state.scope.history().keySet());
    compared += known.size();
    return Nearest.of(name, known).orElse(null);
  }

  private static void secret(String instruction, String name, SourceSpan span, Findings sink) {
    if (isSecret(name)) {
      sink.add(
          Rule.SECRETS_USED_IN_ARG_OR_ENV,
          span,
          instruction + " " + Quoted.of(name) + " looks like a secret, and the image keeps it",
          "pass it with --secret, and use RUN --mount=type=secret");
    }
  }
}
