package dev.jbuild.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.MediaType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Who waits for whom while a collector works, seen from the locks themselves. */
class CollectorLocksTest {
  @TempDir private Path root;

  /** Work that puts a file into {@code ingest/} that no lease names. */
  enum Work {
    TAG {
      @Override
      void run(Store store, Descriptor blob) {
        store.tags().put("a:1", blob);
      }
    },
    RECORD {
      @Override
      void run(Store store, Descriptor blob) {
        store.layers().addBlob(new DiffId(blob.digest()), blob);
      }
    },
    INGEST {
      @Override
      void run(Store store, Descriptor blob) {
        try (Ingest ingest = store.blobs().begin()) {
          ingest.abort();
        }
      }
    };

    abstract void run(Store store, Descriptor blob);
  }

  /** Runs something until it waits for a lock, or is over. */
  private static CompletableFuture<Void> begun(Runnable work) {
    CompletableFuture<Void> begun = CompletableFuture.runAsync(work, Thread.ofVirtual()::start);
    while (!begun.isDone() && !isSomebodyWaiting()) {
      Thread.onSpinWait();
    }
    return begun;
  }

  private static boolean isSomebodyWaiting() {
    return Thread.getAllStackTraces().keySet().stream()
        .anyMatch(thread -> thread.getName().equals("lock wait"));
  }

  private List<Path> ingest() {
    try (Stream<Path> files = Files.list(root.resolve("ingest"))) {
      return files.toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /**
   * A collector takes what is in {@code ingest/} without a lock for rubbish, so nothing may appear
   * there while it works: a prune once removed a new index between its writing and its renaming.
   */
  @ParameterizedTest
  @EnumSource
  void aFileInTheMakingWaitsForTheCollector(Work work) throws IOException {
    try (Store store = Store.open(root, "writer")) {
      Descriptor blob = store.blobs().put(MediaType.OCI_LAYER, "a".getBytes(UTF_8));
      store.layers().contains(new DiffId(blob.digest()));
      CompletableFuture<Void> written;
      try (LockFile _ = LockFile.exclusive(root.resolve("locks/gc"))) {
        written = begun(() -> work.run(store, blob));
        assertThat(written).isNotDone();
        assertThat(ingest()).isEmpty();
      }
      written.join();
    }
  }

  @Test
  void anUnfinishedBlobThatIsGoneOnWithAfterItWasFoundFreeStays() throws IOException {
    try (Store store = Store.open(root, "pull")) {
      try (Ingest broken = store.blobs().begin("ref")) {
        broken.output().write(new byte[10]);
      }
      StoreLayout layout = StoreLayout.open(root);
      StoreScan scan = StoreScan.of(layout);
      StoreScan.Found found =
          scan.found().stream()
              .filter(each -> each.kind() == StoredItem.Kind.UNFINISHED)
              .findFirst()
              .orElseThrow();
      List<Path> trash = new ArrayList<>();
      try (Ingest resumed = store.blobs().begin("ref")) {
        assertThat(new Removal(layout, scan, trash).remove(found)).isFalse();
        resumed.output().write(new byte[10]);
        assertThat(Files.size(found.path())).isEqualTo(20);
      }
      assertThat(new Removal(layout, scan, trash).remove(found)).isTrue();
      assertThat(ingest()).isEmpty();
      assertThat(trash).isEmpty();
    }
  }

  /** Whoever asks for the lock of a cache mount must not be told that it is taken by a look. */
  @Test
  void whoLooksAtCacheMountsWaitsForThoseWhoTakeOne() throws IOException {
    try (Store store = Store.open(root, "du")) {
      for (Runnable look :
          List.<Runnable>of(store::usage, () -> store.prune(PruneOptions.everything()))) {
        CompletableFuture<Void> looking;
        try (LockFile _ = LockFile.shared(root.resolve("locks/mounts"))) {
          looking = begun(look);
          assertThat(looking).isNotDone();
        }
        looking.join();
      }
    }
  }
}
