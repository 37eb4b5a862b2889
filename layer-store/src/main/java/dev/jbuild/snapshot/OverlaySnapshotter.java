package dev.jbuild.snapshot;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.OverlayEncoding;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.Stat;
import dev.jbuild.oci.DiffId;
import dev.jbuild.store.Layer;
import dev.jbuild.store.Store;
import dev.jbuild.store.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Snapshots as overlay mounts: the parents' unpacked layers below, an empty directory above that
 * becomes the layer. Nothing is copied, and a commit reads only what the step wrote.
 */
public final class OverlaySnapshotter implements Snapshotter {
  private final Store store;

  /** Over the layers of a store; snapshots live in it until they are closed or it is. */
  public OverlaySnapshotter(Store store) {
    this.store = store;
  }

  @Override
  public ActiveSnapshot prepare(List<DiffId> parents) {
    List<Path> lowers = store.layers().lowers(parents);
    Workspace workspace = store.workspace();
    boolean ready = false;
    try {
      Path upper = Files.createDirectory(workspace.path().resolve("fs"));
      Path work = Files.createDirectory(workspace.path().resolve("work"));
      if (lowers.isEmpty()) {
        // An overlay needs a lower directory.
        lowers = List.of(Files.createDirectory(workspace.path().resolve("empty")));
      }
      try (FileTree below = store.layers().view(parents);
          DirFd root = DirFd.open(upper)) {
        // The mount shows the upper directory's own attributes as those of "/".
        dress(root, below.find(BytePath.ROOT).orElseThrow().attributes());
        for (DiffId parent : parents) {
          for (BytePath directory : store.layers().implicitDirectories(parent)) {
            describe(root, below, directory);
          }
        }
      }
      RootfsMount mount =
          new RootfsMount.Overlay(
              store.root(), lowers, upper, work, store.layers().encoding() == OverlayEncoding.USER);
      ActiveSnapshot snapshot = new Active(List.copyOf(parents), workspace, upper, mount);
      ready = true;
      return snapshot;
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, "prepare a root file system: " + e.getMessage(), e);
    } finally {
      if (!ready) {
        workspace.close();
      }
    }
  }

  /**
   * Puts a directory with its true attributes over one that a layer holds without describing it.
   */
  private static void describe(DirFd upper, FileTree below, BytePath directory) throws IOException {
    Optional<TreeEntry> truth = below.find(directory).filter(TreeEntry::isDirectory);
    if (directory.isRoot() || truth.isEmpty() || upper.find(directory).isPresent()) {
      return;
    }
    describe(upper, below, directory.parent());
    Stat parent = upper.stat(directory.parent());
    upper.mkdir(directory, 0755);
    try (DirFd made = upper.openDirectory(directory)) {
      dress(made, truth.get().attributes());
    }
    try (DirFd above = upper.openDirectory(directory.parent());
        FileFd self = above.self()) {
      self.setModified(parent.mtime(), parent.mtimeNanos());
    }
  }

  private static void dress(DirFd root, Attributes attributes) throws IOException {
    try (FileFd self = root.self()) {
      self.chown((int) attributes.uid(), (int) attributes.gid());
      self.chmod(attributes.mode());
      for (String name : attributes.xattrs().names()) {
        self.setXattr(name, attributes.xattrs().get(name).orElseThrow());
      }
      Instant time = attributes.mtime();
      self.setModified(time.getEpochSecond(), time.getNano());
    }
  }

  private final class Active implements ActiveSnapshot {
    private final List<DiffId> parents;
    private final Workspace workspace;
    private final Path upper;
    private final RootfsMount mount;

    Active(List<DiffId> parents, Workspace workspace, Path upper, RootfsMount mount) {
      this.parents = parents;
      this.workspace = workspace;
      this.upper = upper;
      this.mount = mount;
    }

    @Override
    public List<DiffId> parents() {
      return parents;
    }

    @Override
    public RootfsMount rootfs() {
      return mount;
    }

    @Override
    public Layer commit(Optional<Instant> latest) {
      Layer layer = store.layers().adopt(upper, parents, latest);
      close();
      return layer;
    }

    @Override
    public void close() {
      workspace.close();
    }
  }
}
