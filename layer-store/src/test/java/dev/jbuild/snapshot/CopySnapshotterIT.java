package dev.jbuild.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.DiffId;
import dev.jbuild.store.Layer;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.StoredItem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("root")
class CopySnapshotterIT extends SnapshotterContract {

  @Override
  Snapshotter snapshotter() {
    return new CopySnapshotter(store);
  }

  /** Told by the inode of a file that neither step touches: a copy would have another. */
  @Test
  void aStepOnTheResultOfTheLastGoesOnInItsDirectory() throws Exception {
    Layer base = commit(List.of(), "printf x > base");
    List<DiffId> stack = new ArrayList<>(List.of(base.diffId()));
    Object before;
    try (ActiveSnapshot one = snapshotter().prepare(stack)) {
      before = inode(one);
      run(one.rootfs(), "printf x > one");
      stack.add(one.commit().diffId());
    }
    try (ActiveSnapshot two = snapshotter().prepare(stack);
        ActiveSnapshot besides = snapshotter().prepare(stack)) {
      assertThat(inode(two)).isEqualTo(before);
      assertThat(inode(besides)).as("only one can have it").isNotEqualTo(before);
      assertThat(store.prune(PruneOptions.everything()).removed())
          .as("what a live handle works in")
          .noneMatch(item -> item.kind() == StoredItem.Kind.SNAPSHOT);
    }
  }

  @Test
  void theNextStepFindsTheTimesThatALatestTimeGaveTheLayer() throws Exception {
    Instant latest = Instant.ofEpochSecond(1_000_000_000);
    List<DiffId> stack = new ArrayList<>(List.of(commit(List.of(), "printf x > base").diffId()));
    Object before;
    try (ActiveSnapshot one = snapshotter().prepare(stack)) {
      before = inode(one);
      run(one.rootfs(), "printf x > one; mkdir dir; ln -s one link; ln one hard");
      stack.add(one.commit(Optional.of(latest)).diffId());
    }
    try (ActiveSnapshot two = snapshotter().prepare(stack)) {
      assertThat(inode(two)).isEqualTo(before);
      Path directory = ((RootfsMount.Directory) two.rootfs()).path();
      for (String name : List.of("one", "dir", "link", "hard")) {
        assertThat(
                Files.getLastModifiedTime(directory.resolve(name), LinkOption.NOFOLLOW_LINKS)
                    .toInstant())
            .as(name)
            .isEqualTo(latest);
      }
    }
  }

  @Test
  void fewDirectoriesAreKeptAndADeadHandlesAreCollected() throws Exception {
    for (int i = 0; i < 5; i++) {
      commit(List.of(), "printf " + i + " > file");
    }
    try (Stream<Path> kept = Files.list(root.resolve("snapshots"))) {
      assertThat(kept).hasSize(2);
    }
    // As if the process had died: its lease is gone, its directory is not.
    Path orphan = Files.createDirectories(root.resolve("snapshots/orphan/fs")).getParent();
    store.prune(PruneOptions.everything());
    assertThat(orphan).doesNotExist();
    try (Stream<Path> kept = Files.list(root.resolve("snapshots"))) {
      assertThat(kept).hasSize(2);
    }
  }

  private static Object inode(ActiveSnapshot snapshot) throws IOException {
    Path directory = ((RootfsMount.Directory) snapshot.rootfs()).path();
    return Files.getAttribute(directory.resolve("base"), "unix:ino");
  }

  private Layer commit(List<DiffId> parents, String script) throws Exception {
    try (ActiveSnapshot snapshot = snapshotter().prepare(parents)) {
      run(snapshot.rootfs(), script);
      return snapshot.commit();
    }
  }

  @Override
  void run(RootfsMount rootfs, String script) throws Exception {
    Shell.run(((RootfsMount.Directory) rootfs).path(), script);
  }
}
