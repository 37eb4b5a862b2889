package dev.jbuild.layer;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Our view and our difference against the kernel's overlay file system. */
@Tag("root")
class OverlayIT {
  /** Later than anything a step sets on purpose, earlier than the clock. */
  private static final Instant LATEST = Instant.ofEpochSecond(1_750_000_000L);

  @TempDir private Path temporary;
  private final List<Path> mounted = new ArrayList<>();

  @BeforeEach
  void requireMount() throws IOException {
    Tools.requireRoot();
    Tools.requireTool("mount");
  }

  @AfterEach
  void unmountAll() throws Exception {
    for (Path mount : mounted.reversed()) {
      Tools.run(temporary, "umount", mount.toString());
    }
  }

  private Path directory(String name) throws IOException {
    return Files.createDirectories(temporary.resolve(name));
  }

  private Path mount(List<Path> bottomFirst, OverlayEncoding encoding) throws Exception {
    String lowers =
        bottomFirst.reversed().stream().map(Path::toString).collect(Collectors.joining(":"));
    Path merged = directory("merged");
    String options =
        "lowerdir="
            + lowers
            + ",upperdir="
            + directory("upper")
            + ",workdir="
            + directory("work")
            + ",redirect_dir=nofollow,metacopy=off,index=off"
            + (encoding == OverlayEncoding.USER ? ",userxattr" : "");
    Tools.run(temporary, "mount", "-t", "overlay", "-o", options, "overlay", merged.toString());
    mounted.add(merged);
    return merged;
  }

  private void unmount(Path merged) throws Exception {
    Tools.run(temporary, "umount", merged.toString());
    mounted.remove(merged);
  }

  private Path layer(String name, byte[] tar, OverlayEncoding encoding) throws IOException {
    Path path = directory(name);
    try (DirFd dir = DirFd.open(path)) {
      LayerExtractor.apply(new ByteArrayInputStream(tar), dir, encoding, ExtractLimits.DEFAULT);
    }
    return path;
  }

  private static byte[] tar(DirFd upper, FileTree lower, OverlayEncoding encoding)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LayerWriter writer = new LayerWriter(out, LayerWriter.Options.notAfter(LATEST));
    UpperDiff.ofUpper(upper, lower, encoding, writer::write);
    writer.finish();
    return out.toByteArray();
  }

  private static byte[] wholeTar(DirFd whole, FileTree lower, StatIndex before) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    LayerWriter writer = new LayerWriter(out, LayerWriter.Options.notAfter(LATEST));
    UpperDiff.ofWhole(whole, lower, before, writer::write);
    writer.finish();
    return out.toByteArray();
  }

  private byte[] baseTar() throws IOException {
    Path source = directory("source");
    try (DirFd dir = DirFd.open(source)) {
      Trees.makePlain(dir);
      Trees.makePrivileged(dir);
    }
    try (DirectoryTree tree = DirectoryTree.open(source)) {
      return Trees.tar(tree);
    }
  }

  private static byte[] secondTar() {
    Attributes directory = Trees.attributes(0755);
    BytePath a = BytePath.of("a");
    return Trees.tar(
        List.of(
            new TreeEntry.Directory(a, directory.withOwner(5, 6)),
            new TreeEntry.Directory(a.resolve("b"), directory),
            new OpaqueMark(a.resolve("b")),
            file("a/b/new", "1"),
            new Whiteout(BytePath.of("a-b")),
            new TreeEntry.Directory(BytePath.of("empty"), directory),
            file("empty/x", "22"),
            file("link", "no longer a link"),
            new Whiteout(BytePath.of("never-there")),
            new TreeEntry.Symlink(BytePath.of("suid"), Trees.attributes(0777), "a/b"),
            new TreeEntry.Directory(BytePath.of("third"), directory),
            file("third/x", "a directory where a file was")));
  }

  private static TreeEntry file(String path, String content) {
    byte[] bytes = content.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    return new TreeEntry.RegularFile(
        BytePath.of(path), Trees.attributes(0644), bytes.length, ContentSource.of(bytes));
  }

  @ParameterizedTest
  @EnumSource(names = {"TRUSTED", "USER"})
  void viewAgreesWithTheKernelOnEveryPath(OverlayEncoding encoding) throws Exception {
    List<Path> layers =
        List.of(layer("l1", baseTar(), encoding), layer("l2", secondTar(), encoding));
    Path merged = mount(layers, encoding);
    try (LayeredView view = LayeredView.open(layers);
        DirectoryTree kernel = DirectoryTree.open(merged)) {
      List<String> expected = Trees.describe(kernel);
      assertThat(Trees.describe(view)).isEqualTo(expected);
      assertThat(expected).anyMatch(line -> line.startsWith("third/x"));
      TreeWalk.of(kernel, BytePath.ROOT)
          .forEach(e -> assertThat(view.find(e.path())).map(TreeEntry::type).contains(e.type()));
      assertThat(view.find(BytePath.of("a/b/f"))).isEmpty();
      assertThat(view.find(BytePath.of("a-b/z"))).isEmpty();
      assertThat(view.resolve(BytePath.of("suid/new")).path()).hasToString("a/b/new");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TRUSTED", "USER"})
  void changesOfAStepAreExact(OverlayEncoding encoding) throws Exception {
    List<Path> layers =
        List.of(layer("l1", baseTar(), encoding), layer("l2", secondTar(), encoding));
    Path merged = mount(layers, encoding);
    Tools.run(
        merged,
        "sh",
        "-euc",
        """
        rm -r a/b && mkdir a/b && echo 1 >a/b/again        # replaced by an unrelated directory
        echo x >created && rm created                      # leaves no trace
        chmod 644 nanos                                    # copied up, the same as before
        touch -r first stamp && cat first >/dev/null
        rm -r empty && ln -s a empty                       # a directory became a link
        rm -r sticky && echo f >sticky                     # a directory became a file
        rm -r third && mkdir third && echo >third/y        # its only file replaced
        ln first fourth && ln fourth fifth                 # a new name of an old file
        mkdir -p deep/er && echo d >deep/er/f
        rm old
        mv ping pong
        """);
    List<String> expected = Trees.describe(merged);
    unmount(merged);
    try (DirFd upper = DirFd.open(temporary.resolve("upper"));
        LayeredView lower = LayeredView.open(layers)) {
      List<String> changes = new ArrayList<>();
      UpperDiff.ofUpper(
          upper, lower, encoding, c -> changes.add(c.getClass().getSimpleName() + " " + c.path()));
      assertThat(changes)
          .containsExactly(
              "Directory a",
              "Directory a/b",
              "RegularFile a/b/again",
              "Whiteout a/b/new",
              "Directory deep",
              "Directory deep/er",
              "RegularFile deep/er/f",
              "Symlink empty",
              "RegularFile fifth",
              "HardLink first",
              "HardLink fourth",
              "Whiteout old",
              "Whiteout ping",
              "RegularFile pong",
              "RegularFile stamp",
              "RegularFile sticky",
              "Directory third",
              "Whiteout third/x",
              "RegularFile third/y");
      Path third = layer("l3", Trees.tar(collect(upper, lower, encoding)), encoding);
      List<Path> all = new ArrayList<>(layers);
      all.add(third);
      try (LayeredView view = LayeredView.open(all)) {
        assertThat(Trees.describe(view)).isEqualTo(expected);
      }
    }
  }

  private static List<TreeChange> collect(DirFd upper, FileTree lower, OverlayEncoding encoding)
      throws IOException {
    List<TreeChange> changes = new ArrayList<>();
    UpperDiff.ofUpper(upper, lower, encoding, changes::add);
    return changes;
  }

  @Test
  void marksThatAStepMadeUpHideAndMoveNothing() throws Exception {
    List<Path> layers = List.of(layer("l1", baseTar(), OverlayEncoding.TRUSTED));
    Path merged = mount(layers, OverlayEncoding.TRUSTED);
    Tools.run(merged, "sh", "-euc", "mkdir n; mkdir n/e; : >n/empty; echo x >n/f");
    byte[] yes = {'y'};
    try (DirFd step = DirFd.open(merged)) {
      step.setXattr(BytePath.of("a"), "user.overlay.opaque", yes);
      step.setXattr(BytePath.of("n/e"), "user.overlay.redirect", "/a".getBytes(US_ASCII));
      step.setXattr(BytePath.of("n/empty"), "user.overlay.whiteout", yes);
      step.setXattr(BytePath.of("n/f"), "user.overlay.metacopy", new byte[0]);
    }
    List<String> expected = Trees.describe(merged);
    unmount(merged);
    Path upper = temporary.resolve("upper");
    try (DirFd dir = DirFd.open(upper);
        LayeredView lower = LayeredView.open(layers)) {
      List<TreeChange> changes = collect(dir, lower, OverlayEncoding.TRUSTED);
      assertThat(changes)
          .extracting(change -> change.getClass().getSimpleName() + " " + change.path())
          .containsExactly(
              "Directory n", "Directory n/e", "RegularFile n/empty", "RegularFile n/f");
      UnpackedLayer.settle(dir, changes, OverlayEncoding.TRUSTED);
    }
    try (LayeredView view = LayeredView.open(List.of(layers.getFirst(), upper))) {
      assertThat(Trees.describe(view)).isEqualTo(expected);
    }
  }

  @Test
  void aStepThatChangesNothingIsAnEmptyLayer() throws Exception {
    List<Path> layers = List.of(layer("l1", baseTar(), OverlayEncoding.TRUSTED));
    Path merged = mount(layers, OverlayEncoding.TRUSTED);
    Tools.run(merged, "sh", "-euc", "chown 0:0 suid; chmod 6751 suid; touch x; rm x; cat first");
    unmount(merged);
    try (DirFd upper = DirFd.open(temporary.resolve("upper"));
        LayeredView lower = LayeredView.open(layers)) {
      assertThat(collect(upper, lower, OverlayEncoding.TRUSTED)).isEmpty();
      assertThat(tar(upper, lower, OverlayEncoding.TRUSTED)).hasSize(1024).containsOnly(0);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void overlayAndCopyGiveTheSameBytesAndTheSameTree(long seed) throws Exception {
    OverlayEncoding encoding = seed % 2 == 0 ? OverlayEncoding.TRUSTED : OverlayEncoding.USER;
    List<Path> layers =
        List.of(layer("l1", baseTar(), encoding), layer("l2", secondTar(), encoding));
    Path copied = directory("copied");
    byte[] fromUpper;
    List<String> expected;
    Path merged = mount(layers, encoding);
    try (DirFd whole = DirFd.open(copied);
        LayeredView lower = LayeredView.open(layers)) {
      TreeCopy.into(lower, whole, TreeCopy.Links.BREAK);
      StatIndex before = StatIndex.record(whole);
      try (DirFd overlay = DirFd.open(merged)) {
        new RandomStep(seed).run(overlay);
        expected = Trees.describe(merged);
      }
      unmount(merged);
      new RandomStep(seed).run(whole);
      try (DirFd upper = DirFd.open(temporary.resolve("upper"))) {
        fromUpper = tar(upper, lower, encoding);
      }
      byte[] fromWhole = wholeTar(whole, lower, before);
      assertThat(lines(fromWhole)).isEqualTo(lines(fromUpper));
      assertThat(fromWhole).isEqualTo(fromUpper);
    }
    List<Path> all = new ArrayList<>(layers);
    all.add(layer("l3", fromUpper, encoding));
    try (LayeredView view = LayeredView.open(all)) {
      assertThat(Trees.describe(view).stream().map(OverlayIT::withoutLateTimes).toList())
          .isEqualTo(expected.stream().map(OverlayIT::withoutLateTimes).toList());
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void aLayerWhoseNamesAreKnownLooksTheSame(long seed) throws Exception {
    OverlayEncoding encoding = seed % 2 == 0 ? OverlayEncoding.TRUSTED : OverlayEncoding.USER;
    List<Path> below =
        List.of(layer("l1", baseTar(), encoding), layer("l2", secondTar(), encoding));
    Path merged = mount(below, encoding);
    try (DirFd overlay = DirFd.open(merged)) {
      new RandomStep(seed).run(overlay);
    }
    unmount(merged);
    Path third = temporary.resolve("upper");
    List<TreeChange> changes;
    try (DirFd upper = DirFd.open(third);
        LayeredView lower = LayeredView.open(below)) {
      changes = collect(upper, lower, encoding);
      UnpackedLayer.settle(upper, changes, encoding);
    }
    List<Path> all = new ArrayList<>(below);
    all.add(third);
    List<LayeredView.Layer> named =
        List.of(
            new LayeredView.Layer(below.get(0), Optional.empty()),
            new LayeredView.Layer(below.get(1), Optional.empty()),
            new LayeredView.Layer(third, LayerNames.of(changes)));
    try (LayeredView view = LayeredView.of(named);
        LayeredView asked = LayeredView.open(all)) {
      assertThat(Trees.describe(view)).isEqualTo(Trees.describe(asked));
      TreeWalk.of(LayeredView.open(below), BytePath.ROOT)
          .forEach(e ->
              assertThat(view.find(e.path()).map(TreeEntry::type))
                  .isEqualTo(asked.find(e.path()).map(TreeEntry::type)));
    }
    // The disk is asked for what is there, only.
    try (LayeredView view = LayeredView.of(named)) {
      Files.move(third, temporary.resolve("away"));
      assertThat(view.find(BytePath.of("nowhere/at/all"))).isEmpty();
    }
  }

  /** Times that the writer held at {@link #LATEST} differ from those on disk on purpose. */
  private static String withoutLateTimes(String line) {
    return line.replaceAll("20(2[5-9]|[3-9]\\d)-[-\\dT:.]+Z", "late");
  }

  private static List<String> lines(byte[] tar) throws IOException {
    List<String> lines = new ArrayList<>();
    TarReader reader = new TarReader(new ByteArrayInputStream(tar), ExtractLimits.DEFAULT);
    for (var entry = reader.next(); entry.isPresent(); entry = reader.next()) {
      TarEntry e = entry.get();
      lines.add(
          BytePath.printable(e.name())
              + " "
              + e.type()
              + " "
              + Integer.toOctalString(e.mode())
              + " "
              + e.uid()
              + ":"
              + e.gid()
              + " "
              + e.mtime()
              + " "
              + e.size()
              + " "
              + e.link()
              + " "
              + e.xattrs());
    }
    return lines;
  }
}
