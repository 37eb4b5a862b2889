package dev.jbuild.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CollectorTest {
  @TempDir private Path root;
  private Store collector;

  @BeforeEach
  void open() {
    collector = Store.open(root, "collector");
  }

  @AfterEach
  void close() {
    collector.close();
  }

  /** Stores a blob of about {@code kib} KiB and lets go of it. */
  private Descriptor blob(String seed, int kib) {
    try (Store store = Store.open(root, "writer")) {
      return store
          .blobs()
          .put(MediaType.OCI_LAYER, seed.repeat(kib * 1024 / seed.length()).getBytes(UTF_8));
    }
  }

  private Descriptor image(String name, Descriptor... layers) {
    try (Store store = Store.open(root, "writer")) {
      Descriptor config =
          store.blobs().put(MediaType.OCI_CONFIG, ("{\"a\":\"" + name + "\"}").getBytes(UTF_8));
      Manifest manifest = Manifest.of(config, List.of(layers));
      Descriptor target = store.blobs().put(manifest.mediaType(), manifest.bytes());
      store.tags().put(name, target);
      return target;
    }
  }

  private void usedAt(Descriptor blob, Instant when) {
    try {
      Files.setLastModifiedTime(
          root.resolve("blobs/sha256/" + blob.digest().hex()), FileTime.from(when));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Set<Digest> present() {
    try (Stream<Path> files = Files.list(root.resolve("blobs/sha256"))) {
      return files
          .map(file -> new Digest("sha256", String.valueOf(file.getFileName())))
          .collect(Collectors.toSet());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatATagReachesStays() {
    Descriptor layer = blob("a", 8);
    Descriptor free = blob("b", 8);
    Descriptor target = image("hello:latest", layer);
    Descriptor index;
    try (Store store = Store.open(root, "writer")) {
      ImageIndex all = ImageIndex.of(List.of(image("tmp:1", blob("c", 4))));
      index = store.blobs().put(all.mediaType(), all.bytes());
      store.tags().put("index:1", index);
      store.tags().remove("tmp:1");
    }
    PruneReport report = collector.prune(PruneOptions.everything());
    assertThat(report.removed())
        .extracting(StoredItem::name)
        .containsExactly(free.digest().toString());
    assertThat(report.freed()).isEqualTo(8192);
    assertThat(present()).contains(layer.digest(), target.digest(), index.digest()).hasSize(7);
  }

  @Test
  void aRemovedTagFreesWhatOnlyItReached() {
    Descriptor shared = blob("a", 8);
    Descriptor own = blob("b", 8);
    image("one:1", shared, own);
    image("two:1", shared);
    collector.tags().remove("one:1");
    collector.prune(PruneOptions.everything());
    assertThat(present()).contains(shared.digest()).doesNotContain(own.digest());
  }

  @Test
  void whatALiveLeaseHoldsStaysAndIsFreeAfterwards() {
    Descriptor held = blob("a", 8);
    Descriptor made;
    try (Store build = Store.open(root, "build x")) {
      assertThat(build.blobs().contains(held.digest())).isTrue();
      made = build.blobs().put(MediaType.OCI_LAYER, "made".getBytes(UTF_8));
      assertThat(collector.prune(PruneOptions.everything()).removed()).isEmpty();
      assertThat(present()).containsExactlyInAnyOrder(held.digest(), made.digest());
    }
    assertThat(collector.prune(PruneOptions.everything()).removed()).hasSize(2);
    assertThat(present()).isEmpty();
  }

  @Test
  void theLockOfAnIngestThatIsGoneGoesAndOneThatIsHeldStays() throws IOException {
    Path left = Files.createFile(root.resolve("ingest/tmp-left.lock"));
    Path held = root.resolve("ingest/tmp-held.lock");
    try (LockFile _ = LockFile.exclusive(held)) {
      collector.prune(PruneOptions.everything());
      assertThat(left).doesNotExist();
      assertThat(held).exists();
    }
  }

  @Test
  void aHeldLayerKeepsItsBlobs() {
    Descriptor blob = blob("a", 8);
    DiffId layer = new DiffId(blob.digest());
    try (Store build = Store.open(root, "build x")) {
      build.layers().addBlob(layer, blob);
    }
    try (Store build = Store.open(root, "build y")) {
      assertThat(build.layers().contains(layer)).isTrue();
      collector.prune(PruneOptions.everything());
      assertThat(build.layers().find(layer).orElseThrow().blobs()).hasSize(1);
    }
    collector.prune(PruneOptions.everything());
    assertThat(root.resolve("layers")).isEmptyDirectory();
  }

  @Test
  void theLeastRecentlyUsedGoFirstUntilTheCapHolds() {
    Instant now = Instant.now();
    Descriptor oldest = blob("a", 100);
    Descriptor middle = blob("b", 100);
    Descriptor newest = blob("c", 100);
    usedAt(newest, now.minusSeconds(10));
    usedAt(oldest, now.minusSeconds(30));
    usedAt(middle, now.minusSeconds(20));
    long total = collector.usage().total();
    PruneReport report = collector.prune(PruneOptions.keep(total - 150 * 1024));
    assertThat(present()).containsExactly(newest.digest());
    assertThat(report.remaining()).isLessThanOrEqualTo(total - 150 * 1024);
    assertThat(report.pins()).isEmpty();
    assertThat(collector.usage().total()).isLessThanOrEqualTo(report.remaining() + 8192);
  }

  @Test
  void useMakesABlobYoung() {
    Instant now = Instant.now();
    Descriptor used = blob("a", 100);
    Descriptor idle = blob("b", 100);
    usedAt(used, now.minusSeconds(30));
    usedAt(idle, now.minusSeconds(20));
    try (Store reader = Store.open(root, "reader")) {
      reader.blobs().read(used.digest());
    }
    collector.prune(PruneOptions.keep(collector.usage().total() - 50 * 1024));
    assertThat(present()).containsExactly(used.digest());
  }

  @Test
  void whatWasUsedLatelyStays() {
    Descriptor old = blob("a", 8);
    Descriptor young = blob("b", 8);
    usedAt(old, Instant.now().minus(Duration.ofHours(2)));
    collector.prune(PruneOptions.unusedFor(Duration.ofHours(1)));
    assertThat(present()).containsExactly(young.digest());
  }

  @Test
  void aCapThatCannotBeKeptIsExplained() {
    Descriptor shared = blob("a", 64);
    Descriptor own = blob("b", 64);
    image("one:1", shared, own);
    image("two:1", shared);
    try (Store build = Store.open(root, "build x")) {
      Descriptor held = blob("c", 32);
      assertThat(build.blobs().contains(held.digest())).isTrue();
      PruneReport report = collector.prune(PruneOptions.keep(4096));
      assertThat(report.removed()).isEmpty();
      assertThat(report.pins())
          .extracting(PruneReport.Pin::holder)
          .containsExactly(
              "tag one:1",
              "tag two:1",
              PruneReport.THE_STORE,
              "lease " + build.lease().id() + " (build x)");
      assertThat(report.pins().getFirst().bytes()).isEqualTo(2 * 65536 + 2 * 4096);
      assertThat(report.pins().getFirst().alone()).isEqualTo(65536 + 2 * 4096);
      assertThat(report.pins().getLast())
          .extracting(PruneReport.Pin::bytes, PruneReport.Pin::alone)
          .containsExactly(32768L, 32768L);
    }
  }

  @Test
  void whatDeadProcessesLeftGoesFirst() throws IOException {
    Files.createDirectories(root.resolve("snapshots/dead/fs/d"));
    Files.createDirectories(root.resolve("ingest/trash-x/y"));
    Files.write(root.resolve("ingest/tmp-y"), new byte[10]);
    Files.write(root.resolve("ingest/tmp-y.lock"), new byte[0]);
    Files.write(
        root.resolve("leases/999-dead"), "{\"since\":\"2020-01-01T00:00:00Z\"}\n".getBytes(UTF_8));
    Descriptor kept = blob("a", 8);
    PruneReport report = collector.prune(PruneOptions.keep(1 << 30));
    assertThat(report.removed())
        .extracting(StoredItem::name)
        .containsExactlyInAnyOrder("dead", "trash-x", "tmp-y");
    assertThat(root.resolve("snapshots")).isEmptyDirectory();
    assertThat(root.resolve("ingest")).isEmptyDirectory();
    assertThat(collector.leases().list()).extracting(Lease::purpose).containsExactly("collector");
    assertThat(present()).containsExactly(kept.digest());
  }

  @Test
  void aLiveIngestAndALiveWorkspaceStay() throws IOException {
    try (Store build = Store.open(root, "build x");
        Workspace workspace = build.workspace();
        Ingest named = build.blobs().begin("ref");
        Ingest unnamed = build.blobs().begin()) {
      named.output().write(1);
      unnamed.output().write(1);
      assertThat(collector.prune(PruneOptions.everything()).removed()).isEmpty();
      assertThat(workspace.path()).exists();
      unnamed.commit();
    }
  }

  @Test
  void aBrokenDownloadMayBeResumedForADay() throws IOException {
    try (Store build = Store.open(root, "pull x");
        Ingest ingest = build.blobs().begin("ref")) {
      ingest.output().write(new byte[10]);
    }
    collector.prune(PruneOptions.keep(1 << 30));
    try (Ingest resumed = collector.blobs().begin("ref")) {
      assertThat(resumed.offset()).isEqualTo(10);
    }
    Path file;
    try (Stream<Path> files = Files.list(root.resolve("ingest"))) {
      file = files.filter(path -> !path.toString().endsWith(".lock")).findFirst().orElseThrow();
    }
    Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(Duration.ofDays(2))));
    collector.prune(PruneOptions.keep(1 << 30));
    assertThat(root.resolve("ingest")).isEmptyDirectory();
  }

  @Test
  void usageNamesWhatHoldsWhat() {
    Descriptor layer = blob("a", 64);
    Descriptor free = blob("b", 32);
    image("one:1", layer);
    StoreUsage usage = collector.usage();
    assertThat(usage.items().getFirst().name()).isEqualTo(layer.digest().toString());
    assertThat(usage.items().getFirst().heldBy()).containsExactly("tag one:1");
    assertThat(usage.items().get(1))
        .extracting(StoredItem::name, StoredItem::bytes, StoredItem::isHeld)
        .containsExactly(free.digest().toString(), 32768L, false);
    assertThat(usage.reclaimable()).isEqualTo(32768);
  }

  /** The directory behind a cache mount, as the engine makes it. */
  private Path cacheMount(String id, Instant used) throws IOException {
    Path home = Files.createDirectories(root.resolve("cache/mounts").resolve("hex-" + id));
    Files.writeString(home.resolve("id"), id);
    Path files = Files.createDirectories(home.resolve("0/below"));
    Files.write(files.resolve("a"), new byte[64 * 1024]);
    Files.write(files.resolve("b"), new byte[64 * 1024]);
    Path lock = Files.createFile(home.resolve("0.lock"));
    Files.setLastModifiedTime(lock, FileTime.from(used));
    return home.resolve("0");
  }

  @Test
  void aCacheMountIsOneThingThatIsRemovedWhole() throws IOException {
    Path mount = cacheMount("maven", Instant.now());
    assertThat(collector.usage().items())
        .singleElement()
        .satisfies(item -> {
          assertThat(item.kind()).isEqualTo(StoredItem.Kind.CACHE_MOUNT);
          assertThat(item.name()).isEqualTo("maven (0)");
          assertThat(item.bytes()).isGreaterThanOrEqualTo(128 * 1024);
        });
    assertThat(collector.prune(PruneOptions.everything()).removed()).hasSize(1);
    assertThat(mount).doesNotExist();
    assertThat(root.resolve("ingest")).isEmptyDirectory();
  }

  @Test
  void aCacheMountInUseStaysWholeAndIsNamedAsWhatHolds() throws IOException {
    Path mount = cacheMount("maven", Instant.now());
    try (LockFile step = LockFile.tryShared(mount.resolveSibling("0.lock")).orElseThrow()) {
      PruneReport report = collector.prune(PruneOptions.keep(4096));
      assertThat(report.removed()).isEmpty();
      assertThat(report.pins())
          .extracting(PruneReport.Pin::holder)
          .containsExactly("a step that has it mounted", PruneReport.THE_STORE);
      assertThat(mount.resolve("below/a")).exists();
      assertThat(step.file().tryLock(false)).isTrue();
    }
    collector.prune(PruneOptions.everything());
    assertThat(mount).doesNotExist();
  }

  @Test
  void cacheMountsGoByTheirLastUseUntilTheCapIsKept() throws IOException {
    Instant now = Instant.now();
    // Files in it are older than its last use, which is what counts.
    Path used = cacheMount("new", now);
    Path unused = cacheMount("old", now.minus(Duration.ofHours(3)));
    Descriptor between = blob("a", 128);
    usedAt(between, now.minus(Duration.ofHours(1)));
    collector.prune(PruneOptions.keep(collector.usage().total() - 100 * 1024));
    assertThat(unused).doesNotExist();
    assertThat(used.resolve("below/a")).exists();
    assertThat(present()).contains(between.digest());
  }
}
