package dev.jbuild.snapshot;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.StatIndex;
import dev.jbuild.layer.TreeChange;
import dev.jbuild.layer.TreeCopy;
import dev.jbuild.layer.UpperDiff;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.DiffId;
import dev.jbuild.store.Layer;
import dev.jbuild.store.LayerBlob;
import dev.jbuild.store.Store;
import dev.jbuild.store.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Snapshots as plain directories, where nothing may be mounted: the parents' files are copied
 * (blocks are shared where the file system can), and what a step changed is told by comparing inode
 * numbers and change times with those from before the step. No file that was not touched is read.
 *
 * <p>A commit costs one stat a file. Its layer is stored as a blob, uncompressed.
 */
public final class CopySnapshotter implements Snapshotter {
  private final Store store;

  /** Over the layers of a store; snapshots live in it until they are closed or it is. */
  public CopySnapshotter(Store store) {
    this.store = store;
  }

  @Override
  public ActiveSnapshot prepare(List<DiffId> parents) {
    // All content will be copied; from directories that shares blocks and keeps holes.
    store.layers().lowers(parents);
    FileTree lower = store.layers().view(parents);
    Workspace workspace = store.workspace();
    boolean ready = false;
    try {
      Path directory = Files.createDirectory(workspace.path().resolve("fs"));
      StatIndex before;
      try (DirFd root = DirFd.open(directory)) {
        TreeCopy.into(lower, root, TreeCopy.Links.BREAK);
        before = StatIndex.record(root);
      }
      ActiveSnapshot snapshot =
          new Active(List.copyOf(parents), lower, workspace, directory, before);
      ready = true;
      return snapshot;
    } catch (IOException e) {
      throw failure("prepare a root file system", e);
    } finally {
      if (!ready) {
        workspace.close();
        close(lower);
      }
    }
  }

  private static void close(FileTree tree) {
    try {
      tree.close();
    } catch (IOException e) {
      throw failure("close the layers of a root file system", e);
    }
  }

  private static BuildFailure failure(String doing, IOException e) {
    return new BuildFailure(BuildFailure.Kind.UNAVAILABLE, doing + ": " + e.getMessage(), e);
  }

  private final class Active implements ActiveSnapshot {
    private final List<DiffId> parents;
    private final FileTree lower;
    private final Workspace workspace;
    private final Path directory;
    private final StatIndex before;
    private boolean over;

    Active(
        List<DiffId> parents,
        FileTree lower,
        Workspace workspace,
        Path directory,
        StatIndex before) {
      this.parents = parents;
      this.lower = lower;
      this.workspace = workspace;
      this.directory = directory;
      this.before = before;
    }

    @Override
    public List<DiffId> parents() {
      return parents;
    }

    @Override
    public RootfsMount rootfs() {
      return new RootfsMount.Directory(directory);
    }

    @Override
    public Layer commit(Optional<Instant> latest) {
      List<TreeChange> changes = new ArrayList<>();
      try (DirFd root = DirFd.open(directory)) {
        UpperDiff.ofWhole(root, lower, before, changes::add);
        LayerBlob written =
            store
                .layers()
                .write(
                    Compression.uncompressed(),
                    new LayerWriter.Options(true, latest),
                    writer -> {
                      for (TreeChange change : changes) {
                        writer.write(change);
                      }
                      writer.finish();
                    });
        return store.layers().find(written.diffId()).orElseThrow();
      } catch (IOException e) {
        throw failure("commit a step's changes", e);
      } finally {
        close();
      }
    }

    @Override
    public void close() {
      if (!over) {
        over = true;
        CopySnapshotter.close(lower);
        workspace.close();
      }
    }
  }
}
