package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.CmdInstruction;
import dev.jbuild.dockerfile.ast.CommandForm;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.EntrypointInstruction;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.ExecForm;
import dev.jbuild.dockerfile.ast.ExposeInstruction;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.HealthcheckInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.KeyValue;
import dev.jbuild.dockerfile.ast.LabelInstruction;
import dev.jbuild.dockerfile.ast.MaintainerInstruction;
import dev.jbuild.dockerfile.ast.OnbuildInstruction;
import dev.jbuild.dockerfile.ast.RunBody;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.ShellForm;
import dev.jbuild.dockerfile.ast.ShellInstruction;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.StopsignalInstruction;
import dev.jbuild.dockerfile.ast.UserInstruction;
import dev.jbuild.dockerfile.ast.VolumeInstruction;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.ast.WorkdirInstruction;
import dev.jbuild.dockerfile.expand.PortSpec;
import dev.jbuild.dockerfile.expand.Signals;
import dev.jbuild.dockerfile.expand.StageScope;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.engine.ExecutionOptions.Entitlement;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Surroundings;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.oci.Healthcheck;
import dev.jbuild.oci.History;
import dev.jbuild.sandbox.DefaultSpec;
import dev.jbuild.sandbox.NetworkMode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the instructions of one stage on its {@link StageState}: what makes files becomes a
 * vertex, everything else changes the image config, and each leaves the history entry BuildKit
 * would write.
 */
final class Dispatcher {
  private static final List<String> DEFAULT_SHELL = List.of("/bin/sh", "-c");
  private static final String COMMENT = "buildkit.dockerfile.v0";

  private final Planner planner;
  private final StageState state;
  private final WordExpander expander;
  private final Diagnostics diagnostics;
  private final StageSteps steps;
  private final boolean ignoreCache;
  private final CopyPlanning copies;
  private final MountPlanning mounts;

  Dispatcher(
      Planner planner,
      Stage stage,
      StageState state,
      WordExpander expander,
      Diagnostics diagnostics,
      StageSteps steps,
      boolean ignoreCache) {
    this.planner = planner;
    this.state = state;
    this.expander = expander;
    this.diagnostics = diagnostics;
    this.steps = steps;
    this.ignoreCache = ignoreCache;
    this.copies = new CopyPlanning(planner, stage, expander, diagnostics);
    this.mounts = new MountPlanning(planner, stage, expander, diagnostics);
  }

  void dispatch(Instruction instruction) {
    switch (instruction) {
      case RunInstruction run -> run(run);
      case CopyInstruction copy -> copy(copy, copies.plan(copy, state), copy.link());
      case AddInstruction add -> copy(add, copies.plan(add, state), add.link());
      case WorkdirInstruction workdir -> workdir(workdir);
      case EnvInstruction env -> env(env);
      case ArgInstruction arg -> arg(arg);
      case LabelInstruction label -> label(label);
      case CmdInstruction cmd -> cmd(cmd);
      case EntrypointInstruction entrypoint -> entrypoint(entrypoint);
      case ExposeInstruction expose -> expose(expose);
      case VolumeInstruction volume -> volume(volume);
      case UserInstruction user -> user(user);
      case ShellInstruction shell -> shell(shell);
      case StopsignalInstruction stopsignal -> stopsignal(stopsignal);
      case HealthcheckInstruction healthcheck -> healthcheck(healthcheck);
      case MaintainerInstruction maintainer -> maintainer(maintainer);
      case OnbuildInstruction onbuild -> onbuild(onbuild);
      case FromInstruction from ->
          throw diagnostics.error(from.span(), "FROM is not an instruction of a stage", null);
    }
  }

  private void run(RunInstruction run) {
    if (!run.devices().isEmpty()) {
      throw diagnostics.unsupported(run.devices().getFirst().span(), "RUN --device");
    }
    Op.@Nullable Script script = null;
    List<String> argv;
    switch (run.body()) {
      case RunBody.Exec exec -> argv = exec.arguments();
      case RunBody.ShellText text -> argv = shellCommand(text.text());
      case RunBody.Script file -> {
        script = new Op.Script(file.name(), file.content());
        argv = shellCommand("/dev/pipes/" + file.name());
      }
    }
    if (argv.isEmpty()) {
      throw diagnostics.error(run.span(), "RUN has no command", null);
    }
    MountPlanning.Planned mounted = mounts.plan(run, state);
    Map<String, String> environment = environment(state.scope);
    List<String> env = entries(environment);
    Op.Run op =
        new Op.Run(
            argv,
            script,
            env,
            ProxyArgs.of(planner.request().buildArgs(), environment),
            ContainerPath.resolve("/", state.workingDirectory()),
            state.config.user(),
            network(run),
            insecure(run),
            mounted.mounts(),
            state.platform);
    layer(op, mounted.inputs(), run, "RUN " + arguments() + String.join(" ", argv) + " # buildkit");
  }

  /** What a RUN here sees. */
  private static Map<String, String> environment(StageScope scope) {
    Map<String, String> environment = new LinkedHashMap<>(scope.runEnvironment());
    environment.putIfAbsent("PATH", DefaultSpec.PATH);
    return environment;
  }

  private static List<String> entries(Map<String, String> environment) {
    return environment.entrySet().stream().map(e -> e.getKey() + "=" + e.getValue()).toList();
  }

  /** Made when asked for: a list of all variables for each of many COPY would be a square. */
  private Supplier<Surroundings> surroundings() {
    StageScope scope = state.scope;
    String directory = ContainerPath.resolve("/", state.workingDirectory());
    String user = state.config.user();
    List<String> shell = state.config.shell();
    return () -> new Surroundings(entries(environment(scope)), directory, user, shell);
  }

  /** {@code |2 a=1 b=2 } when ARGs are in scope: part of RUN's history since Docker 1.9. */
  private String arguments() {
    Map<String, String> args = state.scope.history();
    if (args.isEmpty()) {
      return "";
    }
    return args.entrySet().stream()
        .map(entry -> entry.getKey() + "=" + entry.getValue())
        .collect(Collectors.joining(" ", "|" + args.size() + " ", " "));
  }

  private NetworkMode network(RunInstruction run) {
    NetworkMode standard = planner.request().execution().network();
    RunInstruction.Network wanted = run.network();
    if (wanted == null) {
      return standard;
    }
    return switch (wanted) {
      case DEFAULT -> standard;
      case NONE -> NetworkMode.NONE;
      case HOST -> {
        // A step may not reach further than the build was allowed to.
        if (standard != NetworkMode.HOST
            && !planner.request().execution().entitlements().contains(Entitlement.NETWORK_HOST)) {
          throw diagnostics.error(
              run.span(),
              "RUN --network=host is not allowed in this build",
              "allow it with --allow network.host");
        }
        yield NetworkMode.HOST;
      }
    };
  }

  private boolean insecure(RunInstruction run) {
    if (run.security() != RunInstruction.Security.INSECURE) {
      return false;
    }
    Set<Entitlement> granted = planner.request().execution().entitlements();
    if (!granted.contains(Entitlement.SECURITY_INSECURE)) {
      throw diagnostics.error(
          run.span(),
          "RUN --security=insecure is not allowed in this build",
          "allow it with --allow security.insecure");
    }
    return true;
  }

  private void copy(Instruction instruction, CopyPlanning.Planned planned, boolean link) {
    String createdBy = planned.history() + " # buildkit";
    if (!link) {
      layer(planned.op(), planned.inputs(), instruction, createdBy);
      return;
    }
    // Made over nothing, then put on top: the same layer whatever it is put on.
    Vertex below = state.rootfs;
    state.rootfs = Vertex.scratch();
    layer(planned.op(), planned.inputs(), instruction, createdBy);
    Vertex linked = state.rootfs;
    state.rootfs = new Vertex(new Op.Merge(), List.of(below, linked), linked.step(), false);
  }

  private void workdir(WorkdirInstruction workdir) {
    String path = expand(workdir.path());
    // An absolute path stays as written, in the config and in history (BuildKit NormalizeWorkdir).
    String directory =
        path.startsWith("/") ? path : ContainerPath.resolve(state.workingDirectory(), path);
    state.config = state.config.withWorkingDir(directory);
    if (directory.equals("/")) {
      metadata("WORKDIR " + directory);
      return;
    }
    Op.MakeDirectory op =
        new Op.MakeDirectory(ContainerPath.resolve("/", directory), state.config.user());
    layer(op, List.of(), workdir, "WORKDIR " + directory);
  }

  private void env(EnvInstruction env) {
    List<String> shown = new ArrayList<>();
    for (KeyValue pair : env.pairs()) {
      shown.add(expand(pair.key()) + "=" + expand(pair.value()));
    }
    state.scope = state.scope.with(env, expander);
    state.ownEnv = true;
    metadata("ENV " + String.join(" ", shown));
  }

  private void arg(ArgInstruction arg) {
    state.scope = state.scope.with(arg, expander);
    List<String> shown = new ArrayList<>();
    for (ArgInstruction.Declaration declaration : arg.declarations()) {
      String name = expand(declaration.name());
      String value = state.scope.arg(name);
      shown.add(value == null ? name : name + "=" + value);
    }
    metadata("ARG " + String.join(" ", shown));
  }

  private void label(LabelInstruction label) {
    List<String> shown = new ArrayList<>();
    for (KeyValue pair : label.pairs()) {
      String key = expand(pair.key());
      String value = expand(pair.value());
      state.labels = state.labels.with(key, value);
      shown.add(key + "=" + value);
    }
    metadata("LABEL " + String.join(" ", shown));
  }

  private void cmd(CmdInstruction cmd) {
    List<String> argv = argv(cmd.command());
    state.config = state.config.withCmd(argv).withArgsEscaped(true);
    state.ownCmd = true;
    metadata("CMD " + GoFormat.quoted(argv));
  }

  private void entrypoint(EntrypointInstruction entrypoint) {
    List<String> argv = argv(entrypoint.command());
    state.config = state.config.withEntrypoint(argv);
    if (!state.ownCmd) {
      state.config = state.config.withCmd(List.of());
    }
    metadata("ENTRYPOINT " + GoFormat.quoted(argv));
  }

  private void expose(ExposeInstruction expose) {
    // The history names the ports in the order of the words as written, expanded only then.
    List<Word> written = new ArrayList<>(expose.ports());
    written.sort(Comparator.comparing(Word::text));
    List<String> added = new ArrayList<>();
    for (Word port : written) {
      for (String spec : expander.expand(port, state.scope).words()) {
        try {
          added.addAll(PortSpec.parse(spec));
        } catch (IllegalArgumentException e) {
          throw diagnostics.error(port.span(), String.valueOf(e.getMessage()), null);
        }
      }
    }
    for (String port : added) {
      state.exposedPorts = state.exposedPorts.with(port, true);
    }
    metadata("EXPOSE " + GoFormat.plain(added));
  }

  private void volume(VolumeInstruction volume) {
    List<String> paths = new ArrayList<>();
    for (Word path : volume.paths()) {
      String text = expand(path);
      if (text.isBlank()) {
        throw diagnostics.error(path.span(), "a volume's path is empty once expanded", null);
      }
      paths.add(text);
    }
    for (String path : paths) {
      state.volumes = state.volumes.with(path, true);
    }
    metadata("VOLUME " + GoFormat.plain(paths));
  }

  private void user(UserInstruction user) {
    String name = expand(user.user());
    state.config = state.config.withUser(name);
    metadata("USER " + name);
  }

  private void shell(ShellInstruction shell) {
    state.config = state.config.withShell(shell.arguments());
    metadata("SHELL " + GoFormat.plain(shell.arguments()));
  }

  private void stopsignal(StopsignalInstruction stopsignal) {
    String signal = expand(stopsignal.signal());
    if (!Signals.isValid(signal)) {
      throw diagnostics.error(
          stopsignal.signal().span(), "\"" + signal + "\" is not a signal", Signals.hint(signal));
    }
    state.config = state.config.withStopSignal(signal);
    metadata("STOPSIGNAL " + signal);
  }

  private void healthcheck(HealthcheckInstruction instruction) {
    Healthcheck check =
        switch (instruction.check()) {
          case HealthcheckInstruction.None none -> Healthcheck.of(List.of("NONE"));
          case HealthcheckInstruction.Probe probe ->
              new Healthcheck(
                  test(probe.command()),
                  duration(probe.interval()),
                  duration(probe.timeout()),
                  duration(probe.startPeriod()),
                  duration(probe.startInterval()),
                  probe.retries());
        };
    state.config = state.config.withHealthcheck(check);
    metadata("HEALTHCHECK " + GoFormat.healthcheck(check));
  }

  private static List<String> test(CommandForm command) {
    return switch (command) {
      case ShellForm shell -> List.of("CMD-SHELL", shell.text());
      case ExecForm exec -> {
        List<String> test = new ArrayList<>(List.of("CMD"));
        test.addAll(exec.arguments());
        yield test;
      }
    };
  }

  private static Duration duration(HealthcheckInstruction.@Nullable Interval interval) {
    return interval == null ? Duration.ZERO : interval.value();
  }

  private void maintainer(MaintainerInstruction maintainer) {
    state.author = maintainer.author().text();
    metadata("MAINTAINER " + state.author);
  }

  private void onbuild(OnbuildInstruction onbuild) {
    state.onBuild.add(SourceText.printable(onbuild.expression()));
  }

  /** The config is JSON, which holds no stray bytes. */
  private List<String> argv(CommandForm command) {
    List<String> argv =
        switch (command) {
          case ExecForm exec -> exec.arguments();
          case ShellForm shell -> shellCommand(shell.text());
        };
    return argv.stream().map(SourceText::printable).toList();
  }

  private List<String> shellCommand(String text) {
    List<String> shell = state.config.shell().isEmpty() ? DEFAULT_SHELL : state.config.shell();
    List<String> argv = new ArrayList<>(shell);
    argv.add(text);
    return argv;
  }

  private String expand(Word word) {
    return expander.expand(word, state.scope).text();
  }

  private void layer(Op op, List<Vertex> others, Instruction instruction, String createdBy) {
    Step step = steps.next(oneLine(instruction.text()), instruction.span());
    List<Vertex> inputs = new ArrayList<>(List.of(state.rootfs));
    inputs.addAll(others);
    boolean ignore = ignoreCache && !(op instanceof Op.MakeDirectory);
    state.rootfs = new Vertex(op, inputs, step, ignore, surroundings());
    state.history.add(new History(null, SourceText.printable(createdBy), "", COMMENT, false));
  }

  private void metadata(String createdBy) {
    state.history.add(new History(null, SourceText.printable(createdBy), "", COMMENT, true));
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }
}
