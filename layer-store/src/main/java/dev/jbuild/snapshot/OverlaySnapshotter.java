package dev.jbuild.snapshot;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.OverlayEncoding;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.oci.DiffId;
import dev.jbuild.store.Layer;
import dev.jbuild.store.Store;
import dev.jbuild.store.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

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
    List<Path> lowers = store.layers().unpacked(parents);
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
      }
      RootfsMount mount =
          new RootfsMount.Overlay(
              store.root(),
              lowers.reversed(),
              upper,
              work,
              store.layers().encoding() == OverlayEncoding.USER);
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

  private static void dress(DirFd root, Attributes attributes) throws IOException {
    try (FileFd self = root.self()) {
      self.chown((int) attributes.uid(), (int) attributes.gid());
      self.chmod(attributes.mode());
      for (String name : attributes.xattrs().names()) {
        self.setXattr(name, attributes.xattrs().get(name).orElseThrow());
      }
      self.setModified(attributes.mtime().getEpochSecond(), attributes.mtime().getNano());
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
    public Layer commit() {
      Layer layer = store.layers().adopt(upper, parents);
      close();
      return layer;
    }

    @Override
    public void close() {
      workspace.close();
    }
  }
}
