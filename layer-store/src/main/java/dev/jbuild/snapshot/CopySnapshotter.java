package dev.jbuild.snapshot;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.KeptRoot;
import dev.jbuild.layer.LayerTimes;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.StatIndex;
import dev.jbuild.layer.TreeChange;
import dev.jbuild.layer.TreeCopy;
import dev.jbuild.layer.UpperDiff;
import dev.jbuild.linux.BytePath;
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
import java.util.stream.Collectors;

/**
 * Snapshots as plain directories, where nothing may be mounted: the parents' files are copied
 * (blocks are shared where the file system can), and what a step changed is told by comparing inode
 * numbers and change times with those from before the step. No file that was not touched is read.
 *
 * <p>A commit costs one stat a file. Its layer is stored as a blob, uncompressed. The directory is
 * then parked with the store's handle, and a step on just that stack goes on in it: of a chain of
 * steps, only the first copies anything.
 */
public final class CopySnapshotter implements Snapshotter {
  private static final String ROOT_FS = "fs";

  private final Store store;

  /** Over the layers of a store; snapshots live in it until they are closed or it is. */
  public CopySnapshotter(Store store) {
    this.store = store;
  }

  @Override
  public ActiveSnapshot prepare(List<DiffId> parents) {
    Optional<Workspace> left = store.unpark(key(parents));
    if (left.isPresent()) {
      Optional<ActiveSnapshot> taken = takeOver(parents, left.get());
      if (taken.isPresent()) {
        return taken.get();
      }
    }
    // All content will be copied; from directories that shares blocks and keeps holes.
    store.layers().lowers(parents);
    FileTree lower = store.layers().view(parents);
    Workspace workspace = store.workspace();
    boolean ready = false;
    try {
      Path directory = Files.createDirectory(workspace.path().resolve(ROOT_FS));
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

  /** Under which the root file system of a stack of layers is parked. */
  private static String key(List<DiffId> stack) {
    return stack.stream().map(DiffId::toString).collect(Collectors.joining(" ", "rootfs ", ""));
  }

  /** Goes on in what the step before left; empty if that cannot be made what a copy would be. */
  private Optional<ActiveSnapshot> takeOver(List<DiffId> parents, Workspace workspace) {
    FileTree lower = store.layers().view(parents);
    boolean ready = false;
    Path directory = workspace.path().resolve(ROOT_FS);
    try (DirFd home = DirFd.open(workspace.path());
        DirFd root = DirFd.open(directory)) {
      KeptRoot.settle(home, BytePath.of(ROOT_FS), lower);
      StatIndex before = StatIndex.record(root);
      ready = true;
      return Optional.of(new Active(List.copyOf(parents), lower, workspace, directory, before));
    } catch (IOException e) {
      // A copy is made instead; it meets the same fault if the disk is to blame.
      return Optional.empty();
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
        Layer layer = store.layers().find(written.diffId()).orElseThrow();
        if (latest.isPresent()) {
          // The next step must find the times that the layer has.
          for (TreeChange change : changes) {
            LayerTimes.limit(root, change, latest.get());
          }
        }
        park(layer);
        return layer;
      } catch (IOException e) {
        throw failure("commit a step's changes", e);
      } finally {
        close();
      }
    }

    private void park(Layer layer) {
      List<DiffId> stack = new ArrayList<>(parents);
      stack.add(layer.diffId());
      over = true;
      CopySnapshotter.close(lower);
      store.park(key(stack), workspace);
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
