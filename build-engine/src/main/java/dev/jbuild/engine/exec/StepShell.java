package dev.jbuild.engine.exec;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.SecretSource;
import dev.jbuild.engine.cache.CacheRecords;
import dev.jbuild.engine.graph.Mount;
import dev.jbuild.engine.shell.KeptBuild;
import dev.jbuild.engine.shell.KeptNode;
import dev.jbuild.engine.shell.KeptStep;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.engine.ssh.SshAgent;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.DiffId;
import dev.jbuild.sandbox.NetworkFiles;
import dev.jbuild.sandbox.NetworkMode;
import dev.jbuild.sandbox.OutputSink;
import dev.jbuild.sandbox.RunningStep;
import dev.jbuild.sandbox.Sandbox;
import dev.jbuild.sandbox.SeccompProfile;
import dev.jbuild.sandbox.StepInput;
import dev.jbuild.sandbox.StepRequest;
import dev.jbuild.sandbox.StepResult;
import dev.jbuild.snapshot.ActiveSnapshot;
import dev.jbuild.snapshot.Snapshotter;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A process where a step of the last build was: with the files that a failed RUN left or those
 * after a step that ended well, and with its environment, user, directory, mounts, network, limits
 * and security options. What it changes is dropped with it, but for what it writes to cache mounts.
 *
 * <p>Secrets and SSH agents are not kept from the build; those given here are mounted where the
 * step had them, and the others are left away.
 */
public final class StepShell {
  private final Store store;
  private final Sandbox sandbox;

  /**
   * Over a store in which something was built.
   *
   * @param sandbox the one that the build had, or another
   */
  public StepShell(Store store, Sandbox sandbox) {
    this.store = store;
    this.sandbox = sandbox;
  }

  /**
   * What to run.
   *
   * @param argv the command; empty for the stage's shell
   * @param env {@code NAME=value}, over what the step has
   * @param secrets by id
   * @param sshAgents by id
   * @param input what the process reads from
   */
  public record Command(
      List<String> argv,
      List<String> env,
      Map<String, SecretSource> secrets,
      Map<String, SshAgent> sshAgents,
      StepInput input) {
    public Command {
      argv = List.copyOf(argv);
      env = List.copyOf(env);
      secrets = Map.copyOf(secrets);
      sshAgents = Map.copyOf(sshAgents);
    }
  }

  /**
   * Runs a process to its end.
   *
   * @param started is given the process as soon as it runs, to talk to it
   * @throws BuildFailure {@code NOT_FOUND} if the step's files are not there
   */
  public StepResult run(
      KeptBuild build,
      KeptStep step,
      Command command,
      OutputSink sink,
      Consumer<RunningStep> started)
      throws InterruptedException {
    CacheRecords records =
        new CacheRecords(store.directory("cache").resolve("records"), Clock.systemUTC());
    List<DiffId> layers = layers(build, step, records);
    List<List<DiffId>> inputs = new ArrayList<>(List.of(layers));
    for (int input : step.inputs().stream().skip(1).toList()) {
      inputs.add(
          build.nodes().get(input) instanceof KeptNode.Unknown
              ? List.of()
              : build.layers(input, records));
    }
    BuildRequest request = request(command);
    Snapshotter snapshots = RunOperation.snapshotter(sandbox, store);
    try (ActiveSnapshot snapshot = snapshots.prepare(layers);
        StepMounts mounts = new StepMounts(store, snapshots, request)) {
      StepRequest.Builder process = process(build, step, command, snapshot, layers);
      mounts.add(mounts(step, request), inputs, process);
      List<String> env = new ArrayList<>(step.surroundings().env());
      env.addAll(mounts.env());
      env.addAll(command.env());
      try (RunningStep running = sandbox.launcher().start(process.env(last(env)).build(), sink)) {
        started.accept(running);
        return running.await();
      }
    } catch (IOException e) {
      throw BuildScope.asFailure(e);
    }
  }

  /** What a failed step left, or the state after the step. */
  private static List<DiffId> layers(KeptBuild build, KeptStep step, CacheRecords records) {
    Optional<KeptStep.Failure> failure = step.failed();
    if (failure.isEmpty()) {
      return build.layers(step.result(), records);
    }
    DiffId left = failure.get().layer();
    if (left == null) {
      throw new BuildFailure(
          Kind.NOT_FOUND, "what " + step.name() + " left was not kept: " + failure.get().why());
    }
    List<DiffId> layers = new ArrayList<>(build.layers(step.inputs().getFirst(), records));
    layers.add(left);
    return layers;
  }

  private static BuildRequest request(Command command) {
    BuildRequest.Builder request = BuildRequest.builder(new ContextSource.Empty());
    command.secrets().forEach(request::secret);
    command.sshAgents().forEach(request::sshAgent);
    return request.build();
  }

  private StepRequest.Builder process(
      KeptBuild build, KeptStep step, Command command, ActiveSnapshot snapshot, List<DiffId> layers)
      throws IOException {
    String hostname = build.execution().hostname();
    NetworkMode network = step.asRun().map(KeptStep.Run::network).orElse(NetworkMode.HOST);
    StepRequest.Builder process =
        StepRequest.builder(RunOperation.rootfs(snapshot.rootfs()), argv(step, command))
            .cwd(step.surroundings().cwd())
            .user(RunOperation.user(store, step.surroundings().user(), layers))
            .hostname(hostname)
            .network(network)
            .limits(build.execution().limits())
            .insecure(step.asRun().map(KeptStep.Run::insecure).orElse(false))
            .noNewPrivileges(build.execution().noNewPrivileges())
            .file(NetworkFiles.hosts(hostname, build.execution().extraHosts()))
            .file(NetworkFiles.resolvConf(network))
            .input(command.input());
    build
        .execution()
        .seccomp()
        .map(text -> SeccompProfile.parse("of the build", text.getBytes(StandardCharsets.UTF_8)))
        .ifPresent(process::seccomp);
    step.asRun()
        .flatMap(run -> Optional.ofNullable(run.script()))
        .ifPresent(script -> process.file(RunOperation.file(script)));
    return process;
  }

  /** The program of SHELL, which is told to run a command there, by itself reads commands. */
  private static List<String> argv(KeptStep step, Command command) {
    if (!command.argv().isEmpty()) {
      return command.argv();
    }
    List<String> shell = step.surroundings().shell();
    return List.of(shell.isEmpty() ? "/bin/sh" : shell.getFirst());
  }

  /** Of what the step had mounted all that can be had without the build. */
  private static List<Mount> mounts(KeptStep step, BuildRequest request) {
    return step.asRun().map(KeptStep.Run::mounts).orElse(List.of()).stream()
        .filter(mount ->
            switch (mount) {
              case Mount.Secret secret -> request.secrets().containsKey(secret.id());
              case Mount.Ssh ssh -> request.sshAgents().containsKey(ssh.id());
              case Mount.Bind _, Mount.Cache _, Mount.Tmpfs _ -> true;
            })
        .toList();
  }

  /** Of several values of a variable the last. */
  private static List<String> last(List<String> env) {
    Map<String, String> byName = new LinkedHashMap<>();
    for (String entry : env) {
      byName.put(entry.substring(0, entry.indexOf('=')), entry);
    }
    return List.copyOf(byName.values());
  }
}
