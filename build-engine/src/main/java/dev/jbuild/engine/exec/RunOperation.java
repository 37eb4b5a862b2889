package dev.jbuild.engine.exec;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.ExecutionOptions;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.plan.Diagnostics;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.SmallFile;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Platform;
import dev.jbuild.sandbox.DefaultSpec;
import dev.jbuild.sandbox.FileMount;
import dev.jbuild.sandbox.ImageUsers;
import dev.jbuild.sandbox.NetworkFiles;
import dev.jbuild.sandbox.OutputSink;
import dev.jbuild.sandbox.ResolvedUser;
import dev.jbuild.sandbox.ResourceUsage;
import dev.jbuild.sandbox.Rootfs;
import dev.jbuild.sandbox.RunningStep;
import dev.jbuild.sandbox.Sandbox;
import dev.jbuild.sandbox.StepRequest;
import dev.jbuild.sandbox.StepResult;
import dev.jbuild.snapshot.ActiveSnapshot;
import dev.jbuild.snapshot.CopySnapshotter;
import dev.jbuild.snapshot.OverlaySnapshotter;
import dev.jbuild.snapshot.RootfsMount;
import dev.jbuild.snapshot.Snapshotter;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/** RUN: one process in a sandbox over a snapshot, and what it changed as a layer. */
final class RunOperation {
  private static final BytePath PASSWD = BytePath.of("etc/passwd");
  private static final BytePath GROUP = BytePath.of("etc/group");

  private final Store store;
  private final Supplier<Sandbox> sandbox;
  private final BuildRequest build;
  private final StepEvents events;
  private final StepLogs logs;
  private final Diagnostics diagnostics;
  private final String hostname;
  private final StepRemains remains;
  private final AtomicBoolean told = new AtomicBoolean();

  RunOperation(
      Store store,
      Supplier<Sandbox> sandbox,
      BuildRequest build,
      StepEvents events,
      StepLogs logs,
      Diagnostics diagnostics,
      String hostname,
      StepRemains remains) {
    this.remains = remains;
    this.store = store;
    this.sandbox = sandbox;
    this.build = build;
    this.events = events;
    this.logs = logs;
    this.diagnostics = diagnostics;
    this.hostname = hostname;
  }

  /**
   * Runs the process and commits what it changed.
   *
   * @param inputs layers of the vertex's inputs, the root file system's first
   * @return the new layer
   */
  DiffId execute(Op.Run run, Step step, List<List<DiffId>> inputs) throws Exception {
    List<DiffId> parents = inputs.getFirst();
    Sandbox chosen = sandbox.get();
    if (told.compareAndSet(false, true)) {
      events.send(
          new BuildEvent.SandboxChosen(
              events.now(), chosen.tier().name(), chosen.isolation().flag(), chosen.reason()));
    }
    remains.runIn(chosen);
    Snapshotter snapshots = snapshotter(chosen, store);
    try (ActiveSnapshot snapshot = snapshots.prepare(parents)) {
      // Not before: a look into layers that are still elsewhere fetches all of them and unpacks
      // none.
      ResolvedUser user = user(store, run.user(), parents);
      OutputTail tail = new OutputTail();
      StepResult result;
      try (StepMounts mounts = new StepMounts(store, snapshots, build)) {
        StepRequest.Builder request = request(run, snapshot, user);
        mounts.add(run.mounts(), inputs, request);
        List<String> env = new ArrayList<>(run.env());
        env.addAll(run.proxyEnv());
        env.addAll(mounts.env());
        result = run(request.env(env).build(), step, tail);
      }
      if (!result.succeeded()) {
        boolean kept = remains.failed(run, step, snapshot);
        throw failure(run, step, result, tail, kept);
      }
      DiffId layer = snapshot.commit(build.latestTime()).diffId();
      new SecretCheck(build).layer(run.mounts(), layer, store);
      return layer;
    }
  }

  static Snapshotter snapshotter(Sandbox sandbox, Store store) {
    return switch (sandbox.tier()) {
      case A, B -> new OverlaySnapshotter(store);
      case C -> new CopySnapshotter(store);
    };
  }

  private StepResult run(StepRequest request, Step step, OutputTail tail)
      throws InterruptedException {
    StepLogs.Log log = logs.of(step);
    OutputSink sink =
        (stream, chunk) -> {
          byte[] bytes = new byte[chunk.remaining()];
          chunk.get(bytes);
          log.write(bytes);
          tail.add(bytes);
          events.output(step, stream == OutputSink.Stream.STDERR, bytes);
        };
    // Closing kills what still runs: an interrupted build leaves no process behind.
    try (log;
        RunningStep running = sandbox.get().launcher().start(request, sink)) {
      StepResult result = running.await();
      events.used(step, usage(result.usage()));
      return result;
    }
  }

  private StepRequest.Builder request(Op.Run run, ActiveSnapshot snapshot, ResolvedUser user) {
    ExecutionOptions options = build.execution();
    StepRequest.Builder request =
        StepRequest.builder(rootfs(snapshot.rootfs()), run.argv())
            .cwd(run.cwd())
            .user(user)
            .hostname(hostname)
            .network(run.network())
            .limits(options.limits())
            .insecure(run.insecure())
            .noNewPrivileges(options.noNewPrivileges())
            .file(NetworkFiles.hosts(hostname, options.extraHosts()))
            .file(NetworkFiles.resolvConf(run.network()));
    run.scriptFile().ifPresent(script -> request.file(file(script)));
    options.timeout().ifPresent(request::timeout);
    options.seccomp().ifPresent(request::seccomp);
    return request;
  }

  static FileMount file(Op.Script script) {
    return new FileMount(
        "/dev/pipes/" + script.name(),
        script.content().getBytes(StandardCharsets.UTF_8),
        0755,
        0,
        0,
        true);
  }

  static Rootfs rootfs(RootfsMount mount) {
    return switch (mount) {
      case RootfsMount.Overlay overlay ->
          new Rootfs.Overlay(
              overlay.lowers(), overlay.upper(), overlay.work(), overlay.userXattr());
      case RootfsMount.Directory directory -> new Rootfs.Directory(directory.path());
    };
  }

  static ResolvedUser user(Store store, String name, List<DiffId> parents) throws IOException {
    try (FileTree root = store.layers().view(parents)) {
      return ImageUsers.resolve(
          name,
          SmallFile.read(root, PASSWD, ImageUsers.MAX_FILE_BYTES).orElse(null),
          SmallFile.read(root, GROUP, ImageUsers.MAX_FILE_BYTES).orElse(null));
    }
  }

  /** What to do about a program that is not for this machine. */
  private static String foreign(Platform platform) {
    Platform host = Platform.host();
    return host.accepts(platform)
        ? "the program is not for " + host + ", or it is a script without a #! line"
        : "this machine runs "
            + host
            + ", and no emulator for "
            + platform
            + " is registered with the kernel: install qemu-user-static (with binfmt-support) and"
            + " mount binfmt_misc, as root of the machine; or run the step on this machine's"
            + " platform with FROM --platform=$BUILDPLATFORM and compile for $TARGETARCH";
  }

  private BuildFailure failure(
      Op.Run run, Step step, StepResult result, OutputTail tail, boolean kept) {
    String why =
        result
            .explanation()
            .or(() -> result.signal().map(signal -> "killed by " + signal))
            .orElse("exit code " + result.exitCode());
    SourceSpan span = step.source().orElse(null);
    String message = "RUN did not complete: " + why;
    if (span == null) {
      return new BuildFailure(Kind.USER, message);
    }
    String hint = kept ? "look around in what it left: jbuild shell " + step.id() : null;
    if (!tail.isWhole()) {
      hint = "all of its output: jbuild logs " + step.id();
    }
    if (why.endsWith("exec format error")) {
      hint = foreign(run.platform());
    }
    int code = result.exitCode() == 0 ? 1 : result.exitCode();
    return diagnostics.run(span, message, code, tail.text(), hint);
  }

  private static BuildEvent.Usage usage(ResourceUsage usage) {
    return new BuildEvent.Usage(
        usage.userCpu().plus(usage.systemCpu()),
        usage.memoryPeakBytes(),
        usage.ioReadBytes().orElse(-1),
        usage.ioWriteBytes().orElse(-1),
        usage.pidsPeak().orElse(-1));
  }

  /** The name a step's machine has when nothing else is asked for. */
  static String defaultHostname() {
    return DefaultSpec.HOSTNAME;
  }
}
