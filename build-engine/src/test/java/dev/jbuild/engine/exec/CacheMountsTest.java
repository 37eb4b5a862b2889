package dev.jbuild.engine.exec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.dockerfile.expand.RunMount.Sharing;
import dev.jbuild.engine.graph.Mount;
import dev.jbuild.store.LockFile;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CacheMountsTest {
  @TempDir private Path root;
  private Store store;
  private CacheMounts mounts;

  @BeforeEach
  void open() {
    store = Store.open(root, "test");
    mounts = new CacheMounts(store);
  }

  @AfterEach
  void close() {
    store.close();
  }

  private static Mount.Cache cache(Sharing sharing) throws IOException {
    // Owned by whoever runs the test, who may be nobody special.
    int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    int gid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:gid");
    return new Mount.Cache("maven", "/c", sharing, 0, "", false, 0755, uid, gid);
  }

  private CacheMounts.Held hold(Sharing sharing) throws Exception {
    return mounts.hold(cache(sharing), directory -> {});
  }

  /** Runs something until it waits for a lock, or is over. */
  private static <T> FutureTask<T> begun(Callable<T> work) {
    FutureTask<T> task = new FutureTask<>(work);
    Thread.ofVirtual().start(task);
    while (!task.isDone()
        && Thread.getAllStackTraces().keySet().stream()
            .noneMatch(thread -> thread.getName().equals("lock wait"))) {
      Thread.onSpinWait();
    }
    return task;
  }

  @Test
  void eachPrivateStepHasADirectoryOfItsOwnAndTheFirstIsTakenAgain() throws Exception {
    try (CacheMounts.Held first = hold(Sharing.PRIVATE);
        CacheMounts.Held second = hold(Sharing.PRIVATE)) {
      assertThat(first.path()).hasFileName("0");
      assertThat(second.path()).hasFileName("1");
    }
    try (CacheMounts.Held again = hold(Sharing.PRIVATE)) {
      assertThat(again.path()).hasFileName("0");
    }
  }

  /** A look takes the locks: who asked for one at that instant got a new, cold directory. */
  @Test
  void aLookOfTheCollectorMakesNoPrivateStepTakeTheNextDirectory() throws Exception {
    hold(Sharing.PRIVATE).close();
    FutureTask<CacheMounts.Held> step;
    try (LockFile _ = LockFile.exclusive(root.resolve("locks/mounts"));
        LockFile _ = LockFile.exclusive(mounts.home("maven").resolve("0.lock"))) {
      step = begun(() -> hold(Sharing.PRIVATE));
    }
    try (CacheMounts.Held held = step.get()) {
      assertThat(held.path()).hasFileName("0");
    }
  }

  @Test
  void whatIsHeldOutlivesACollectionAndWhatIsNotGoesWithAllThatSpeaksOfIt() throws Exception {
    try (CacheMounts.Held held = hold(Sharing.SHARED)) {
      store.prune(PruneOptions.everything());
      assertThat(held.path()).isDirectory();
    }
    store.prune(PruneOptions.everything());
    assertThat(mounts.home("maven")).doesNotExist();
    try (CacheMounts.Held again = hold(Sharing.LOCKED)) {
      assertThat(again.path()).isDirectory();
      assertThat(again.path().resolveSibling("id")).hasContent("maven");
    }
  }
}
