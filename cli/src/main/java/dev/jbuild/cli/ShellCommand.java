package dev.jbuild.cli;

import dev.jbuild.engine.SecretSource;
import dev.jbuild.engine.exec.StepShell;
import dev.jbuild.engine.shell.KeptBuild;
import dev.jbuild.engine.shell.KeptStep;
import dev.jbuild.engine.ssh.SshAgent;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.sandbox.Isolation;
import dev.jbuild.sandbox.StepInput;
import dev.jbuild.sandbox.StepResult;
import dev.jbuild.sandbox.UsernsRemap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * {@code jbuild shell [STEP] [-- COMMAND…]}: a shell, or another command, where a step of the last
 * build was.
 */
@picocli.CommandLine.Command
final class ShellCommand extends Command {
  private static final StepChoice.Words<KeptStep> STEPS =
      new StepChoice.Words<>(KeptStep::id, KeptStep::number, KeptStep::name);

  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin IsolationFlags isolation = new IsolationFlags();

  @Option(names = "--secret", paramLabel = "id=,src=|env=", description = "a secret of the step")
  List<String> secrets = new ArrayList<>();

  @Option(
      names = "--ssh",
      paramLabel = "default|id=path",
      description = "an SSH agent or key files of the step")
  List<String> ssh = new ArrayList<>();

  @Option(
      names = {"-e", "--env"},
      paramLabel = "K[=V]",
      description = "a variable on top of the step's, such as a proxy (repeatable)")
  List<String> env = new ArrayList<>();

  @Parameters(
      arity = "0..*",
      paramLabel = "[STEP] [-- COMMAND]",
      description =
          "a step's id (build/3), number (#7), place (build 3/5) or a part of its text; without it"
              + " the step that failed. A command is run instead of the shell")
  List<String> words = new ArrayList<>();

  /** What a program that does not exist ends with, as in a shell. */
  private static final int NOT_FOUND = 127;

  @Override
  int run(Session session) throws IOException {
    Console console = session.console();
    List<String> typed = spec.commandLine().getParseResult().originalArgs();
    int dashes = typed.indexOf("--");
    List<String> command = dashes < 0 ? List.of() : typed.subList(dashes + 1, typed.size());
    List<String> before = words.subList(0, words.size() - command.size());
    if (before.size() > 1) {
      throw new UsageError(
          "unexpected argument \"" + before.get(1) + "\" for shell",
          "a command stands after --: jbuild shell " + before.getFirst() + " -- COMMAND");
    }
    Map<String, SecretSource> values = new LinkedHashMap<>();
    Map<String, SshAgent> agents = new LinkedHashMap<>();
    UsageError.of(() -> {
      AccessFlags.secrets(secrets, console, values::put);
      AccessFlags.agents(ssh, console, agents::put);
      return values;
    });
    KeptBuild build =
        KeptBuild.last(KeptBuild.directory(session.store().directory("cache")))
            .orElseThrow(() ->
                new BuildFailure(
                    Kind.NOT_FOUND,
                    "nothing of a build is kept in this store",
                    "build, and then open a shell",
                    null));
    KeptStep step =
        before.isEmpty() ? failed(build) : StepChoice.one(before.getFirst(), build.steps(), STEPS);
    isolate(session, build);
    boolean terminal = console.inIsTerminal() && console.outIsTerminal();
    List<String> variables = variables(console);
    if (terminal) {
      console.variable("TERM").ifPresent(name -> variables.addFirst("TERM=" + name));
      String state = step.failed().isPresent() ? ", which failed" : "";
      console.err().println("in " + step.name() + state + "; changes are dropped at the end");
      console.err().flush();
    }
    StepShell shell = new StepShell(session.store(), session.sandbox());
    Given given = new Given(command, variables, values, agents);
    StepResult result = run(shell, build, step, given, terminal, console);
    if (result.explanation().isPresent() && (result.signal().isEmpty() || result.outOfMemory())) {
      console.err().println("error: " + result.explanation().get());
      if (result.exitCode() == NOT_FOUND) {
        // an image FROM scratch has no shell, and often one program alone
        console
            .err()
            .println("hint: name a program that is there: jbuild shell " + step.id() + " -- PATH");
      }
      console.err().flush();
    }
    return result.exitCode();
  }

  private record Given(
      List<String> argv,
      List<String> env,
      Map<String, SecretSource> secrets,
      Map<String, SshAgent> agents) {
    StepShell.Command with(StepInput input) {
      return new StepShell.Command(argv, env, secrets, agents, input);
    }
  }

  private static StepResult run(
      StepShell shell,
      KeptBuild build,
      KeptStep step,
      Given given,
      boolean terminal,
      Console console)
      throws IOException {
    try (ShellStreams streams = new ShellStreams(console, terminal)) {
      return shell.run(build, step, given.with(streams.input()), streams.sink(), streams::connect);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildFailure(Kind.CANCELLED, "the shell is interrupted", e);
    }
  }

  private static KeptStep failed(KeptBuild build) {
    return build
        .lastFailed()
        .orElseThrow(() ->
            new BuildFailure(
                Kind.NOT_FOUND,
                "no RUN of the last build failed",
                "name a step for the state after it: "
                    + String.join(", ", build.steps().stream().map(KeptStep::id).toList()),
                null));
  }

  /** As the build was, unless told otherwise. */
  private void isolate(Session session, KeptBuild build) throws IOException {
    isolation.apply(session, UsernsRemap.OFF);
    String was = build.execution().isolation();
    if (!isolation.isGiven() && !was.isEmpty()) {
      String runtime = build.execution().ociRuntime();
      session.isolate(Isolation.parse(was), runtime.isEmpty() ? null : runtime, UsernsRemap.OFF);
    }
  }

  private List<String> variables(Console console) {
    List<String> all = new ArrayList<>();
    for (String flag : env) {
      if (flag.indexOf('=') > 0) {
        all.add(flag);
      } else if (flag.isEmpty() || flag.startsWith("=")) {
        throw new UsageError("--env \"" + flag + "\" has no name");
      } else {
        console.variable(flag).ifPresent(value -> all.add(flag + "=" + value));
      }
    }
    return all;
  }
}
