package dev.jbuild.snapshot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.layer.TreeWalk;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stack looks the same whichever of its layers are unpacked. */
@Tag("root")
class StackViewIT {
  private static final List<String> STEPS =
      List.of(
          """
          mkdir -p etc usr/bin var/log/app opt/x/y/z
          printf root > etc/passwd; chown 7:8 etc/passwd; chmod 4750 etc/passwd
          printf tool > usr/bin/tool; ln usr/bin/tool usr/bin/same; ln -s usr/bin bin
          for i in 1 2 3; do printf $i > var/log/app/$i; done; mkfifo p; mknod c c 1 3
          setfattr -n user.k -v v etc/passwd\
          """,
          "rm var/log/app/2; chmod 700 opt; printf new > opt/x/new; rm usr/bin/same",
          "rm -r var/log/app; mkdir var/log/app; printf 9 > var/log/app/9; rm bin; mkdir bin",
          "rm -r opt/x; printf file > opt/x; printf a > etc/a; ln etc/a etc/b; chmod 750 .",
          "rm opt/x; mkdir opt/x; printf again > opt/x/again; rm etc/b; ln -s /etc usr/etc");

  @TempDir private Path root;
  private Store store;
  private final List<DiffId> stack = new ArrayList<>();

  @BeforeEach
  void makeLayers() throws Exception {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")), "needs root, for owners and devices");
    try (Store maker = Store.open(root, "maker")) {
      for (String step : STEPS) {
        try (ActiveSnapshot snapshot = new CopySnapshotter(maker).prepare(stack)) {
          Shell.run(
              ((RootfsMount.Directory) snapshot.rootfs()).path(),
              step + "\nfind . -exec touch -h -d @1000000000 {} +");
          stack.add(snapshot.commit().diffId());
        }
      }
    }
    store = Store.open(root, "test");
    forgetDirectories();
  }

  @AfterEach
  void close() {
    if (store != null) {
      store.close();
    }
  }

  private void forgetDirectories() throws Exception {
    Shell.run(root, "rm -rf layers/*/fs layers/*/fs.json");
  }

  private long unpacked() throws IOException {
    try (var layers = Files.list(root.resolve("layers"))) {
      return layers.filter(layer -> Files.exists(layer.resolve("fs"))).count();
    }
  }

  @Test
  void lookUpsUnpackNothing() throws Exception {
    try (FileTree tree = store.layers().view(stack)) {
      assertThat(tree.find(BytePath.of("opt/x/again"))).isPresent();
      assertThat(tree.resolve(BytePath.of("usr/etc/a")).path()).isEqualTo(BytePath.of("etc/a"));
      assertThat(describe(tree)).isNotEmpty();
    }
    assertThat(unpacked()).isZero();
  }

  @Test
  void readingAFileUnpacksItsLayerOnly() throws Exception {
    try (FileTree tree = store.layers().view(stack)) {
      TreeEntry.RegularFile file =
          (TreeEntry.RegularFile) tree.find(BytePath.of("etc/a")).orElseThrow();
      try (InputStream in = file.content().open()) {
        assertThat(in.readAllBytes()).containsExactly('a');
      }
    }
    assertThat(unpacked()).isEqualTo(1);
  }

  @Test
  void everyMixOfFormsLooksTheSame() throws Exception {
    for (int height = 0; height <= stack.size(); height++) {
      List<DiffId> layers = stack.subList(0, height);
      List<String> expected;
      forgetDirectories();
      try (Store fresh = Store.open(root, "all unpacked")) {
        fresh.layers().unpacked(layers);
        try (FileTree tree = fresh.layers().view(layers)) {
          expected = describe(tree);
        }
      }
      for (int mix = 0; mix < 1 << height; mix++) {
        forgetDirectories();
        try (Store fresh = Store.open(root, "mix " + mix)) {
          for (int i = 0; i < height; i++) {
            if ((mix & (1 << i)) != 0) {
              fresh.layers().unpacked(layers.get(i));
            }
          }
          try (FileTree tree = fresh.layers().view(layers)) {
            assertThat(describe(tree))
                .as("height %d, mix %s", height, Integer.toBinaryString(mix))
                .isEqualTo(expected);
          }
        }
      }
    }
  }

  @Test
  void aBlobThatIsAnotherLayerIsRefused() {
    byte[] tar = new byte[10240];
    Digest digest = store.blobs().put(MediaType.OCI_LAYER, tar).digest();
    DiffId lie = new DiffId(Digest.of(new byte[] {1}));
    store.layers().addBlob(lie, Descriptor.of(MediaType.OCI_LAYER, digest, tar.length));
    assertThatThrownBy(() -> store.layers().view(List.of(lie)))
        .isInstanceOf(BuildFailure.class)
        .hasMessage(
            "blob " + digest + " is not layer " + lie + ": its content hashes to " + digest);
    assertThat(store.layers().contains(lie)).isFalse();
  }

  @Test
  void anOfferedLayerIsFetchedWhenItIsLookedInto() {
    DiffId layer = stack.getFirst();
    Descriptor blob = store.layers().find(layer).orElseThrow().blobs().getFirst();
    byte[] bytes = store.blobs().read(blob.digest());
    try (Store other = Store.open(root.resolve("other"), "other")) {
      int[] fetched = {0};
      other
          .layers()
          .offer(
              layer,
              blob,
              (wanted, into) -> {
                fetched[0]++;
                into.put(wanted.mediaType(), bytes);
              });
      assertThat(other.layers().contains(layer)).isTrue();
      assertThat(other.blobs().contains(blob.digest())).isFalse();
      assertThat(fetched[0]).isZero();
      other.layers().view(List.of(layer));
      other.layers().unpacked(layer);
      assertThat(other.layers().blob(layer, Compression.uncompressed()).blob().digest())
          .isEqualTo(blob.digest());
      assertThat(fetched[0]).isEqualTo(1);
    }
  }

  /** No fetch ends before all have begun. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void offeredLayersAreFetchedTogether(boolean lookedInto) throws Exception {
    CyclicBarrier all = new CyclicBarrier(stack.size());
    try (Store other = Store.open(root.resolve("other"), "other")) {
      for (DiffId layer : stack) {
        Descriptor blob = store.layers().find(layer).orElseThrow().blobs().getFirst();
        byte[] bytes = store.blobs().read(blob.digest());
        other
            .layers()
            .offer(
                layer,
                blob,
                (wanted, into) -> {
                  meet(all);
                  into.put(wanted.mediaType(), bytes);
                });
      }
      if (lookedInto) {
        other.layers().view(stack).close();
      } else {
        assertThat(other.layers().lowers(stack)).hasSameSizeAs(stack);
      }
    }
    assertThat(all.isBroken()).isFalse();
  }

  private static void meet(CyclicBarrier all) {
    try {
      all.await(120, TimeUnit.SECONDS);
    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
      throw new BuildFailure(BuildFailure.Kind.INTERNAL, "the others have not begun", e);
    }
  }

  /** All that a tree says: kinds, attributes, targets, sizes, and which names are one file. */
  private static List<String> describe(FileTree tree) throws IOException {
    List<String> lines = new ArrayList<>();
    Map<ContentSource.LinkKey, BytePath> links = new HashMap<>();
    TreeWalk.of(tree, BytePath.ROOT)
        .forEach(entry -> {
          String more =
              switch (entry) {
                case TreeEntry.RegularFile file ->
                    file.size()
                        + file.content()
                            .link()
                            .map(key -> links.computeIfAbsent(key, _ -> file.path()))
                            .filter(first -> !first.equals(file.path()))
                            .map(first -> " = " + first)
                            .orElse("");
                case TreeEntry.Symlink link -> "-> " + link.target();
                case TreeEntry.Device device -> device.major() + ":" + device.minor();
                case TreeEntry.Directory _,
                    TreeEntry.Fifo _,
                    TreeEntry.Socket _,
                    TreeEntry.HardLink _ ->
                    "";
              };
          lines.add(entry.type() + " " + entry.path() + " " + entry.attributes() + " " + more);
        });
    return lines;
  }
}
