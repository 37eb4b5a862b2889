package dev.jbuild.engine.exec;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.copy.SourceSelection;
import dev.jbuild.engine.copy.TreeMerge;
import dev.jbuild.engine.graph.Mount;
import dev.jbuild.engine.ssh.AgentSocket;
import dev.jbuild.engine.ssh.SshAgent;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.DiffId;
import dev.jbuild.sandbox.FileMount;
import dev.jbuild.sandbox.Rootfs;
import dev.jbuild.sandbox.RootfsMount;
import dev.jbuild.sandbox.RuntimeSpec;
import dev.jbuild.sandbox.StepRequest;
import dev.jbuild.snapshot.ActiveSnapshot;
import dev.jbuild.snapshot.Snapshotter;
import dev.jbuild.store.Store;
import dev.jbuild.store.Workspace;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/**
 * The mounts of one step while it runs: makes what stands behind them, and takes it away on close.
 * Used by one thread.
 */
final class StepMounts implements AutoCloseable {
  private final Store store;
  private final Snapshotter snapshots;
  private final BuildRequest request;
  private final Deque<AutoCloseable> open = new ArrayDeque<>();
  private final List<String> env = new ArrayList<>();

  StepMounts(Store store, Snapshotter snapshots, BuildRequest request) {
    this.store = store;
    this.snapshots = snapshots;
    this.request = request;
  }

  /** Variables that the mounts bring: secrets and the agent's socket. Part of no key. */
  List<String> env() {
    return env;
  }

  /**
   * Adds the mounts to a request.
   *
   * @param inputs layers of the vertex's inputs, the root file system's first
   */
  void add(List<Mount> mounts, List<List<DiffId>> inputs, StepRequest.Builder step)
      throws IOException, InterruptedException {
    for (Mount mount : mounts) {
      switch (mount) {
        case Mount.Bind bind -> bind(bind, inputs.get(bind.index()), step);
        case Mount.Cache cache -> cache(cache, inputs, step);
        case Mount.Tmpfs tmpfs -> tmpfs(tmpfs, inputs.getFirst(), step);
        case Mount.Secret secret -> secret(secret, step);
        case Mount.Ssh ssh -> ssh(ssh, step);
      }
    }
  }

  private void bind(Mount.Bind bind, List<DiffId> layers, StepRequest.Builder step) {
    ActiveSnapshot snapshot = snapshots.prepare(layers);
    open.push(snapshot);
    Rootfs tree = RunOperation.rootfs(snapshot.rootfs());
    step.tree(new RootfsMount(bind.target(), tree, bind.source(), bind.readOnly()));
  }

  private void cache(Mount.Cache cache, List<List<DiffId>> inputs, StepRequest.Builder step)
      throws IOException, InterruptedException {
    // Steps write to these directories past the store, so it is measured here.
    store.keepCap();
    CacheMounts.Held held =
        new CacheMounts(store)
            .hold(
                cache,
                directory -> {
                  if (cache.index() > 0) {
                    fill(directory, cache, inputs.get(cache.index()));
                  }
                });
    open.push(held);
    step.tree(
        new RootfsMount(cache.target(), new Rootfs.Directory(held.path()), "/", cache.readOnly()));
  }

  private void fill(Path directory, Mount.Cache cache, List<DiffId> layers) throws IOException {
    try (FileTree tree = store.layers().view(layers)) {
      FileTree.Resolved start = tree.resolve(SourceSelection.path(cache.source()));
      if (!start.isDirectory()) {
        throw new BuildFailure(
            Kind.NOT_FOUND,
            "\"" + cache.source() + "\" is no directory to fill a cache mount from");
      }
      TreeMerge.copy(tree, start.path(), directory, true);
    }
  }

  /** As runc mounts one: it takes the mode of the directory it covers, a new one is for anybody. */
  private void tmpfs(Mount.Tmpfs tmpfs, List<DiffId> layers, StepRequest.Builder step)
      throws IOException {
    int mode = 01777;
    try (FileTree root = store.layers().view(layers)) {
      Optional<TreeEntry> covered = root.resolve(SourceSelection.path(tmpfs.target())).entry();
      if (covered.isPresent() && covered.get().isDirectory()) {
        mode = covered.get().attributes().mode();
      }
    }
    List<String> options =
        new ArrayList<>(List.of("nosuid", "mode=" + Integer.toOctalString(mode)));
    if (tmpfs.size() > 0) {
      options.add("size=" + tmpfs.size());
    }
    step.mount(new RuntimeSpec.Mount(tmpfs.target(), "tmpfs", "tmpfs", options));
  }

  private void secret(Mount.Secret secret, StepRequest.Builder step) throws IOException {
    Optional<byte[]> value = SecretCheck.read(request, secret.id());
    if (value.isEmpty() && secret.required()) {
      throw new BuildFailure(
          Kind.NOT_FOUND,
          "secret \"" + secret.id() + "\" is required and was not given",
          "give it with --secret id=" + secret.id() + ",src=FILE",
          null);
    }
    String name = secret.env();
    if (name != null) {
      env.add(name + "=" + value.map(b -> new String(b, StandardCharsets.UTF_8)).orElse(""));
    }
    if (value.isPresent() && !secret.target().isEmpty()) {
      step.file(
          new FileMount(
              secret.target(), value.get(), secret.mode(), secret.uid(), secret.gid(), true));
    }
  }

  private void ssh(Mount.Ssh ssh, StepRequest.Builder step) throws IOException {
    SshAgent agent = request.sshAgents().get(ssh.id());
    if (agent == null) {
      if (ssh.required()) {
        throw new BuildFailure(
            Kind.NOT_FOUND,
            "SSH agent \"" + ssh.id() + "\" is required and was not given",
            "give it with --ssh " + ssh.id(),
            null);
      }
      return;
    }
    Workspace place = store.workspace();
    open.push(place);
    open.push(AgentSocket.open(place.path().resolve("agent"), agent));
    try (DirFd directory = DirFd.open(place.path())) {
      BytePath socket = BytePath.of("agent");
      directory.chown(socket, ssh.uid(), ssh.gid());
      directory.chmod(socket, ssh.mode());
    }
    step.tree(new RootfsMount(ssh.target(), new Rootfs.Directory(place.path()), "/agent", false));
    env.add("SSH_AUTH_SOCK=" + ssh.target());
  }

  @Override
  public void close() throws IOException {
    IOException first = null;
    for (AutoCloseable each : open) {
      try {
        each.close();
      } catch (IOException e) {
        first = first == null ? e : first;
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
