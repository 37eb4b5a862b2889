package dev.jbuild.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.DiffId;
import dev.jbuild.store.Layer;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What every snapshotter does: the same steps give the same layers, entry by entry, and what a
 * layer holds shows through in the next snapshot.
 */
@Tag("root")
abstract class SnapshotterContract {
  private static final String EMPTY_TAR =
      "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

  @TempDir Path root;
  Store store;
  private DiffId base;

  /** The snapshotter under test, over {@link #store}. */
  abstract Snapshotter snapshotter();

  /** Makes a snapshot's root file system reachable while {@code script} runs in it. */
  abstract void run(RootfsMount rootfs, String script) throws Exception;

  @BeforeEach
  void makeBase() throws Exception {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")), "needs root, for owners and devices");
    store = Store.open(root, "contract");
    base = step(List.of(), SnapshotCases.BASE).diffId();
  }

  @AfterEach
  void close() {
    if (store != null) {
      store.close();
    }
  }

  private Layer step(List<DiffId> parents, String script) throws Exception {
    try (ActiveSnapshot snapshot = snapshotter().prepare(parents)) {
      run(snapshot.rootfs(), script);
      return snapshot.commit();
    }
  }

  @ParameterizedTest
  @MethodSource("dev.jbuild.snapshot.SnapshotCases#cases")
  void aStepsLayerHoldsItsChanges(SnapshotCases.Case expected) throws Exception {
    Layer layer = step(List.of(base), expected.script());
    assertThat(entries(layer.diffId())).containsExactlyElementsOf(expected.layer());
  }

  /**
   * The next snapshot shows what the step left, whether the layer was adopted or comes from its
   * blob.
   */
  @ParameterizedTest
  @MethodSource("dev.jbuild.snapshot.SnapshotCases#cases")
  void theNextSnapshotShowsWhatTheStepLeft(SnapshotCases.Case step) throws Exception {
    Path left = root.resolve("left");
    Path shown = root.resolve("shown");
    String list = "find . -printf '%y %m %U:%G %s %l %p\\n' | grep -av '^s' | sort > ";
    Layer layer;
    try (ActiveSnapshot snapshot = snapshotter().prepare(List.of(base))) {
      run(snapshot.rootfs(), step.script() + "\n" + list + left);
      layer = snapshot.commit();
    }
    try (ActiveSnapshot snapshot = snapshotter().prepare(List.of(base, layer.diffId()))) {
      run(snapshot.rootfs(), list + shown);
    }
    // Sizes of directories and link counts are the file system's business.
    assertThat(withoutDirectorySizes(shown)).isEqualTo(withoutDirectorySizes(left));
  }

  private static List<String> withoutDirectorySizes(Path list) throws IOException {
    return Files.readString(list, StandardCharsets.ISO_8859_1)
        .lines()
        .map(line -> line.startsWith("d") ? line.replaceFirst("(d \\d+ \\S+) \\d+", "$1") : line)
        .toList();
  }

  @Test
  void noChangeIsTheEmptyLayer() throws Exception {
    assertThat(step(List.of(base), "true").diffId()).hasToString(EMPTY_TAR);
  }

  @Test
  void anEmptyRootIsWritable() throws Exception {
    assertThat(entries(step(List.of(), "printf x > x").diffId())).containsExactly("f 644 0:0 x 1");
  }

  @Test
  void equalStepsGiveEqualLayersAndEqualBlobs() throws Exception {
    String script =
        "mkdir d; for i in $(seq 50); do printf $i > d/$i; done; chown 1:2 d/*;"
            + " find d -exec touch -d @7 {} +";
    Layer first = step(List.of(base), script);
    Layer second = step(List.of(base), script.replace("$(seq 50)", "$(seq 50 | sort -r)"));
    assertThat(second.diffId()).isEqualTo(first.diffId());
    assertThat(store.layers().blob(first.diffId(), Compression.gzip()).blob())
        .isEqualTo(store.layers().blob(second.diffId(), Compression.gzip()).blob());
  }

  @Test
  void closeDropsTheChanges() throws Exception {
    try (ActiveSnapshot snapshot = snapshotter().prepare(List.of(base))) {
      run(snapshot.rootfs(), "printf x > gone; mkdir -m 0 d");
    }
    assertThat(root.resolve("snapshots")).isEmptyDirectory();
    store.close();
    assertThat(root.resolve("ingest")).isEmptyDirectory();
  }

  @Test
  void aCommittedSnapshotLeavesNothingBehind() throws Exception {
    step(List.of(base), "printf x > kept");
    store.close();
    assertThat(root.resolve("snapshots")).isEmptyDirectory();
    assertThat(root.resolve("ingest")).isEmptyDirectory();
  }

  /** What a step leaves beside its layer must not show in the next one, however it is made. */
  @Test
  void aStepAfterAnotherGivesWhatItGivesOverTheLayersAlone() throws Exception {
    String first =
        """
        printf x > etc/passing; rm etc/passing
        printf linked > etc/a; ln etc/a usr/b; ln etc/a c
        printf toor > etc/group; setfattr -n user.k -v v etc/group
        python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("etc/socket")'
        rm -r var/log; mkdir -p var/log; mkfifo pipe
        find . -newermt @1500000000 -exec touch -h -d @1200000000 {} +
        """;
    String second =
        """
        printf more >> etc/a
        printf toor > etc/passwd; chmod 600 pipe; test ! -e etc/socket
        test "$(cat usr/b c)" = linkedlinked; printf own > var/log/new
        find etc/a etc/passwd var/log/new -exec touch -d @1300000000 {} +
        touch -d @1300000000 var/log
        """;
    Layer one = step(List.of(base), first);
    List<DiffId> stack = List.of(base, one.diffId());
    Layer after = step(stack, second);
    assertThat(entries(after.diffId()))
        .contains("f 644 0:0 etc/a 10", "f 644 0:0 etc/passwd 4", "f 644 0:0 var/log/new 3")
        .noneMatch(entry -> entry.contains("usr/b") || entry.endsWith(" c 10"));
    store.close();
    store = Store.open(root, "another handle");
    assertThat(step(stack, second).diffId()).isEqualTo(after.diffId());
  }

  @Test
  void aStepThatFailsLeavesNothingToTheNext() throws Exception {
    Layer one = step(List.of(base), "printf x > one");
    List<DiffId> stack = List.of(base, one.diffId());
    try (ActiveSnapshot failing = snapshotter().prepare(stack)) {
      run(failing.rootfs(), "printf y > two; rm one");
    }
    assertThat(entries(step(stack, "test -e one; test ! -e two; printf z > three").diffId()))
        .containsExactly("f 644 0:0 three 1");
  }

  @Test
  void sixtyStepsStack() throws Exception {
    List<DiffId> stack = new ArrayList<>(List.of(base));
    for (int i = 0; i < 60; i++) {
      String script = "printf " + i + " > n" + i + (i > 0 && i % 3 == 0 ? "; rm n" + (i - 1) : "");
      stack.add(step(stack, script).diffId());
    }
    Path shown = root.resolve("shown");
    try (ActiveSnapshot snapshot = snapshotter().prepare(stack)) {
      run(snapshot.rootfs(), "ls n* | wc -l > " + shown + "; cat n59 >> " + shown);
    }
    assertThat(shown).hasContent("41\n59");
  }

  /** More layers than an overlay mount takes. */
  @Test
  void sixHundredLayersStack() throws Exception {
    List<DiffId> stack = new ArrayList<>(List.of(base));
    for (int i = 0; i < 600; i++) {
      int n = i;
      stack.add(
          store
              .layers()
              .write(
                  Compression.uncompressed(),
                  LayerWriter.Options.CANONICAL,
                  writer -> {
                    LayerBuilder layer = new LayerBuilder(FileTree.empty());
                    layer.put(file("dir/n" + n, "" + n));
                    layer.put(file("last", "" + n));
                    layer.writeTo(writer);
                  })
              .diffId());
    }
    stack.add(step(stack, "rm dir/n100 dir/n500; test $(cat last) = 599").diffId());
    Path shown = root.resolve("shown");
    try (ActiveSnapshot snapshot = snapshotter().prepare(stack)) {
      run(snapshot.rootfs(), "ls dir | wc -l > " + shown + "; cat dir/n300 last >> " + shown);
    }
    assertThat(shown).hasContent("598\n300599");
    assertThat(entries(stack.getLast()))
        .containsExactly("d 755 0:0 dir/", "f 644 0:0 dir/.wh.n100 0", "f 644 0:0 dir/.wh.n500 0");
  }

  private static TreeEntry.RegularFile file(String path, String content) {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    return new TreeEntry.RegularFile(
        BytePath.of(path),
        Attributes.of(0644, 0, 0, Instant.EPOCH),
        bytes.length,
        ContentSource.of(bytes));
  }

  @Test
  void twoSnapshotsOfOneStackDoNotSeeEachOther() throws Exception {
    try (ActiveSnapshot one = snapshotter().prepare(List.of(base));
        ActiveSnapshot two = snapshotter().prepare(List.of(base))) {
      run(one.rootfs(), "printf 1 > etc/passwd");
      run(two.rootfs(), "grep -q root etc/passwd; printf 2 > other");
      assertThat(entries(one.commit().diffId()))
          .containsExactly("d 755 0:0 etc/", "f 644 0:0 etc/passwd 1");
      assertThat(entries(two.commit().diffId())).containsExactly("f 644 0:0 other 1");
    }
    try (ActiveSnapshot third = snapshotter().prepare(List.of(base))) {
      run(third.rootfs(), "test \"$(cat etc/passwd)\" = root; test ! -e other");
    }
  }

  /** A layer that says only what changed, over another base than the one it was made on. */
  @Test
  void aLayerDoesNotCarryWhatItsOwnBaseHad() throws Exception {
    Layer layer = step(List.of(base), ": >> etc/passwd; chmod 644 etc/passwd; printf x > etc/new");
    DiffId other = step(List.of(), "mkdir -m 700 etc; printf other > etc/passwd").diffId();
    try (ActiveSnapshot snapshot = snapshotter().prepare(List.of(other, layer.diffId()))) {
      run(snapshot.rootfs(), "test \"$(cat etc/passwd)\" = other; test -e etc/new");
    }
  }

  /** The entries of a layer as its blob has them: what every other tool will see. */
  private List<String> entries(DiffId diffId) throws IOException {
    List<String> entries = new ArrayList<>();
    try (InputStream blob =
            store
                .blobs()
                .open(store.layers().blob(diffId, Compression.uncompressed()).blob().digest());
        TarArchiveInputStream tar = new TarArchiveInputStream(blob, "ISO-8859-1")) {
      for (TarArchiveEntry e = tar.getNextEntry(); e != null; e = tar.getNextEntry()) {
        entries.add(
            "%s %o %d:%d %s%s"
                .formatted(
                    kind(e),
                    e.getMode() & 07777,
                    e.getLongUserId(),
                    e.getLongGroupId(),
                    printable(e.getName()),
                    e.isSymbolicLink()
                        ? " -> " + e.getLinkName()
                        : e.isLink()
                            ? " => " + e.getLinkName()
                            : e.isFile() && kind(e).equals("f") ? " " + e.getSize() : ""));
      }
    }
    return entries;
  }

  private static String kind(TarArchiveEntry e) {
    return e.isDirectory()
        ? "d"
        : e.isSymbolicLink()
            ? "l"
            : e.isLink()
                ? "h"
                : e.isFIFO() ? "p" : e.isCharacterDevice() ? "c" : e.isBlockDevice() ? "b" : "f";
  }

  private static String printable(String name) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      text.append(c < 0x20 || c > 0x7e ? String.format("\\x%02x", (int) c) : "" + c);
    }
    return text.toString();
  }
}
