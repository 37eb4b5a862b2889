package dev.jbuild.engine.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.TreeChange;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.sandbox.ImageUsers;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Each case copies from a tree in memory and looks at every entry of the layer that comes out. */
final class CopyOperationTest {
  private static final Instant NOW = Instant.ofEpochSecond(9000);

  @TempDir Path folder;

  private final LayerBuilder context = new LayerBuilder(FileTree.empty());
  private final LayerBuilder image = new LayerBuilder(FileTree.empty());
  private @Nullable String chown;
  private @Nullable String chmod;
  private List<String> excludes = List.of();

  private static void file(LayerBuilder tree, String path, int mode, long time, String content)
      throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    tree.put(
        new TreeEntry.RegularFile(
            BytePath.of(path),
            Attributes.of(mode, 0, 0, Instant.ofEpochSecond(time)),
            bytes.length,
            ContentSource.of(bytes)));
  }

  private static void directory(LayerBuilder tree, String path, int mode, long owner, long time)
      throws IOException {
    tree.put(
        new TreeEntry.Directory(
            BytePath.of(path), Attributes.of(mode, owner, owner, Instant.ofEpochSecond(time))));
  }

  private static void link(LayerBuilder tree, String path, String target) throws IOException {
    tree.put(
        new TreeEntry.Symlink(
            BytePath.of(path), Attributes.of(0777, 0, 0, Instant.ofEpochSecond(3)), target));
  }

  /** What the layer holds, one line an entry. */
  private List<String> copy(String destination, String... sources) throws IOException {
    Op.Copy op = op(destination, sources);
    LayerBuilder target = new LayerBuilder(image);
    apply(op, new ContextTree(context, IgnoreMatcher.of(List.of())), target);
    List<String> lines = new ArrayList<>();
    for (TreeChange change : target.changes()) {
      lines.add(line(change));
    }
    return lines;
  }

  private void apply(Op.Copy op, FileTree source, LayerBuilder target) throws IOException {
    try (Store store = Store.open(folder.resolve("store"), "test");
        Archives archives = new Archives(store)) {
      CopyOperation.apply(op, source, target, archives, NOW);
    }
  }

  private Op.Copy op(String destination, String... sources) {
    List<Op.Source> all = new ArrayList<>();
    Arrays.stream(sources).forEach(source -> all.add(new Op.Source.Pattern(source)));
    return new Op.Copy(all, destination, chown, chmod, false, excludes, false);
  }

  private static String line(TreeChange change) throws IOException {
    if (!(change instanceof TreeEntry entry)) {
      return change.toString();
    }
    Attributes a = entry.attributes();
    String what =
        switch (entry) {
          case TreeEntry.RegularFile file -> {
            try (InputStream in = file.content().open()) {
              yield " " + new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
          }
          case TreeEntry.Symlink symlink -> " -> " + symlink.target();
          default -> "";
        };
    return "%s%s %o %d:%d @%d%s"
        .formatted(
            entry.path(),
            entry.isDirectory() ? "/" : "",
            a.mode(),
            a.uid(),
            a.gid(),
            a.mtime().getEpochSecond(),
            what);
  }

  @Test
  void fileToNewNameMakesParents() throws IOException {
    file(context, "a.txt", 0640, 7, "A");
    assertThat(copy("/x/y/b.txt", "a.txt"))
        .containsExactly("x/ 755 0:0 @9000", "x/y/ 755 0:0 @9000", "x/y/b.txt 640 0:0 @7 A");
  }

  @Test
  void trailingSlashMakesDirectory() throws IOException {
    file(context, "a.txt", 0644, 7, "A");
    assertThat(copy("/x/", "a.txt")).containsExactly("x/ 755 0:0 @9000", "x/a.txt 644 0:0 @7 A");
  }

  @Test
  void fileGoesIntoExistingDirectory() throws IOException {
    file(context, "a.txt", 0644, 7, "A");
    directory(image, "x", 0700, 5, 1);
    assertThat(copy("/x", "a.txt")).containsExactly("x/ 700 5:5 @9000", "x/a.txt 644 0:0 @7 A");
  }

  @Test
  void onlyContentsOfDirectoryAreCopied() throws IOException {
    directory(context, "src", 0711, 0, 50);
    directory(context, "src/sub", 0710, 0, 60);
    file(context, "src/sub/a", 0600, 7, "A");
    for (String spelling : List.of("src", "src/", "src/.", "/src", "../src", "./x/../src")) {
      assertThat(copy("/dst", spelling))
          .as(spelling)
          .containsExactly("dst/ 755 0:0 @50", "dst/sub/ 710 0:0 @60", "dst/sub/a 600 0:0 @7 A");
    }
  }

  @Test
  void existingTopKeepsOwnerAndModeNestedTakesSources() throws IOException {
    directory(context, "src", 0711, 0, 50);
    directory(context, "src/sub", 0710, 0, 60);
    file(context, "src/sub/a", 0600, 7, "A");
    directory(image, "dst", 0700, 5, 1);
    directory(image, "dst/sub", 0777, 6, 2);
    assertThat(copy("/dst", "src"))
        .containsExactly("dst/ 700 5:5 @50", "dst/sub/ 710 0:0 @60", "dst/sub/a 600 0:0 @7 A");
  }

  @Test
  void linksInDestinationAreFollowed() throws IOException {
    file(context, "a", 0644, 7, "A");
    directory(image, "real", 0755, 0, 1);
    link(image, "l", "/real");
    assertThat(copy("/l/new/", "a"))
        .containsExactly(
            "real/ 755 0:0 @9000", "real/new/ 755 0:0 @9000", "real/new/a 644 0:0 @7 A");
  }

  @Test
  void destinationLinkThatLeadsUpStaysInside() throws IOException {
    file(context, "a", 0644, 7, "A");
    link(image, "l", "../../../etc");
    assertThat(copy("/l/a", "a")).containsExactly("etc/ 755 0:0 @9000", "etc/a 644 0:0 @7 A");
  }

  @Test
  void fileReplacesLinkInsideDirectory() throws IOException {
    file(context, "a", 0644, 7, "A");
    directory(image, "d", 0755, 0, 1);
    link(image, "d/a", "/elsewhere");
    assertThat(copy("/d/", "a")).containsExactly("d/ 755 0:0 @9000", "d/a 644 0:0 @7 A");
  }

  @Test
  void sourceLinkIsFollowedNestedLinkIsCopied() throws IOException {
    directory(context, "d", 0755, 0, 1);
    file(context, "d/f", 0644, 7, "F");
    link(context, "d/l", "f");
    link(context, "to-d", "d");
    link(context, "to-f", "d/f");
    assertThat(copy("/x/", "to-d"))
        .containsExactly("x/ 755 0:0 @1", "x/f 644 0:0 @7 F", "x/l 777 0:0 @3 -> f");
    assertThat(copy("/x/", "to-f")).contains("x/to-f 644 0:0 @7 F");
  }

  @Test
  void sourceCannotLeaveTheContext() throws IOException {
    link(context, "out", "../../../etc/passwd");
    assertThatThrownBy(() -> copy("/x", "out")).hasMessageContaining("not there to be copied");
  }

  @Test
  void wildcardsMatchWithinOneComponent() throws IOException {
    file(context, "a1", 0644, 7, "1");
    file(context, "a2", 0644, 7, "2");
    file(context, "b1", 0644, 7, "3");
    directory(context, "d", 0755, 0, 1);
    file(context, "d/a3", 0644, 7, "4");
    assertThat(copy("/x/", "a?")).hasSize(3).contains("x/a1 644 0:0 @7 1", "x/a2 644 0:0 @7 2");
    assertThat(copy("/x/", "*/a*")).containsExactly("x/ 755 0:0 @9000", "x/a3 644 0:0 @7 4");
    assertThat(copy("/x/", "[ab]1")).hasSize(3);
    assertThat(copy("/x/", "nothing*")).isEmpty();
    assertThatThrownBy(() -> copy("/x/", "q["))
        .hasMessage("malformed pattern \"q[\": \"[\" is not closed");
  }

  @Test
  void literalSourceMustExist() {
    assertThatThrownBy(() -> copy("/x", "missing"))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("\"missing\" is not there to be copied");
  }

  @Test
  void ignoredSourceSaysSo() throws IOException {
    file(context, "secret", 0644, 7, "S");
    FileTree tree = new ContextTree(context, IgnoreMatcher.of(List.of("secret")));
    assertThatThrownBy(() -> apply(op("/x", "secret"), tree, new LayerBuilder(image)))
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> assertThat(failure.hint()).contains("the .dockerignore leaves it out"));
  }

  @Test
  void missingSourceHintsAtTheNearestName() throws IOException {
    directory(context, "src", 0755, 0, 1);
    file(context, "src/main.go", 0644, 7, "M");
    file(context, "src/secret.go", 0644, 7, "S");
    file(context, "package.json", 0644, 7, "P");
    FileTree tree = new ContextTree(context, IgnoreMatcher.of(List.of("src/secret.go")));
    assertThat(hint("packge.json", tree)).contains("did you mean \"package.json\"?");
    assertThat(hint("Src/main.go", tree)).contains("did you mean \"src/main.go\"?");
    assertThat(hint("src/mian.go", tree)).contains("did you mean \"src/main.go\"?");
    assertThat(hint("scr/other.py", tree)).contains("did you mean \"src\"?");
    assertThat(hint("package.json/x", tree)).isEmpty();
    assertThat(hint("src/secrte.go", tree)).isEmpty();
    assertThat(hint("lib", tree)).isEmpty();
    assertThat(hint("../lib", tree).orElseThrow()).startsWith("nothing outside the context");
    assertThat(hint("lib", new ContextTree(FileTree.empty(), IgnoreMatcher.of(List.of()))))
        .contains("the context has no files at all");
  }

  @Test
  void whatWouldBeBelowAFileIsMissing() throws IOException {
    file(context, "f", 0644, 7, "F");
    assertThatThrownBy(() -> copy("/x", "f/below"))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("\"f/below\" is not there to be copied");
    assertThat(copy("/x/", "f/*")).isEmpty();
  }

  @Test
  void circleOfLinksIsToldInWords() throws IOException {
    link(context, "a", "b");
    link(context, "b", "a");
    assertThatThrownBy(() -> copy("/x", "a"))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("\"a\" leads through a circle of symbolic links");
  }

  private Optional<String> hint(String source, FileTree tree) {
    return catchThrowableOfType(
            BuildFailure.class, () -> apply(op("/x", source), tree, new LayerBuilder(image)))
        .hint();
  }

  @Test
  void severalFilesToOneNameAreRefused() throws IOException {
    file(context, "a", 0644, 7, "A");
    file(context, "b", 0644, 7, "B");
    assertThatThrownBy(() -> copy("/x", "a", "b")).hasMessageContaining("several files");
    directory(image, "x", 0755, 0, 1);
    assertThat(copy("/x", "a", "b")).hasSize(3);
  }

  @Test
  void directoryOntoFileAndFileOntoDirectoryAreRefused() throws IOException {
    directory(context, "d", 0755, 0, 1);
    directory(context, "d/n", 0755, 0, 1);
    file(context, "d/n/f", 0644, 7, "F");
    file(context, "n", 0644, 7, "N");
    directory(image, "x", 0755, 0, 1);
    link(image, "x/n", "/");
    assertThatThrownBy(() -> copy("/x", "d")).hasMessageContaining("onto \"/x/n\"");
    directory(image, "y/n", 0755, 0, 1);
    assertThatThrownBy(() -> copy("/y/", "n")).hasMessageContaining("onto directory \"/y/n\"");
  }

  @Test
  void chownAppliesToEverythingMade() throws IOException {
    directory(context, "d", 0755, 0, 1);
    directory(context, "d/n", 0755, 0, 1);
    chown = "12:34";
    assertThat(copy("/p/x/", "d"))
        .containsExactly("p/ 755 12:34 @9000", "p/x/ 755 12:34 @1", "p/x/n/ 755 12:34 @1");
  }

  @Test
  void rootNeedsNoFileOfTheImage() throws IOException {
    file(context, "a", 0644, 7, "A");
    chown = "root:root";
    assertThat(copy("/x", "a")).contains("x 644 0:0 @7 A");
    chown = "5:root";
    assertThat(copy("/x", "a")).contains("x 644 5:0 @7 A");
    chown = "root:staff";
    assertThatThrownBy(() -> copy("/x", "a"))
        .hasMessage("there is no /etc/group to find the group \"staff\" in");
    file(image, "etc/passwd", 0644, 1, "root:x:7:8::/:\n");
    chown = "root";
    assertThat(copy("/x", "a")).contains("x 644 7:8 @7 A");
  }

  @Test
  void chownByNameReadsTheImagesFiles() throws IOException {
    file(context, "a", 0644, 7, "A");
    file(image, "etc/passwd", 0644, 1, "root:x:0:0::/:\napp:x:101:102::/home/app:/bin/sh\n");
    file(image, "etc/group", 0644, 1, "root:x:0:\nstaff:x:50:app\n");
    chown = "app";
    assertThat(copy("/x", "a")).contains("x 644 101:102 @7 A");
    chown = "app:staff";
    assertThat(copy("/x", "a")).contains("x 644 101:50 @7 A");
    chown = "77";
    assertThat(copy("/x", "a")).contains("x 644 77:77 @7 A");
    chown = "nobody-here";
    assertThatThrownBy(() -> copy("/x", "a"))
        .hasMessage("the image has no user \"nobody-here\" in /etc/passwd");
    chown = "app:none";
    assertThatThrownBy(() -> copy("/x", "a"))
        .hasMessage("the image has no group \"none\" in /etc/group");
    chown = "1:2:3";
    assertThatThrownBy(() -> copy("/x", "a")).hasMessageContaining("more than one colon");
    file(image, "etc/passwd", 0644, 1, ":".repeat(ImageUsers.MAX_FILE_BYTES + 1));
    chown = "app";
    assertThatThrownBy(() -> copy("/x", "a"))
        .hasMessage("\"etc/passwd\" has more than the 4 MiB that are read of it");
  }

  @Test
  void octalChmodAppliesToFilesDirectoriesAndMadeParents() throws IOException {
    directory(context, "d", 0755, 0, 1);
    file(context, "d/f", 0644, 7, "F");
    link(context, "d/l", "f");
    chmod = "4750";
    assertThat(copy("/p/x", "d"))
        .containsExactly(
            "p/ 750 0:0 @9000", "p/x/ 750 0:0 @1", "p/x/f 4750 0:0 @7 F", "p/x/l 777 0:0 @3 -> f");
    chmod = "1777";
    assertThat(copy("/p/x", "d")).contains("p/ 755 0:0 @9000", "p/x/f 1777 0:0 @7 F");
  }

  @Test
  void symbolicChmodChangesEntriesButNotWhatIsMade() throws IOException {
    directory(context, "d", 0755, 0, 1);
    directory(context, "d/n", 0755, 0, 1);
    file(context, "d/f", 0644, 7, "F");
    chmod = "go-rx";
    assertThat(copy("/x", "d"))
        .containsExactly("x/ 755 0:0 @1", "x/f 600 0:0 @7 F", "x/n/ 700 0:0 @1");
  }

  @Test
  void excludesLeaveOutWhatTheyMatchBelowEachSource() throws IOException {
    directory(context, "d", 0755, 0, 1);
    file(context, "d/a.txt", 0644, 7, "A");
    file(context, "d/b.md", 0644, 7, "B");
    directory(context, "d/n", 0755, 0, 1);
    file(context, "d/n/c.txt", 0644, 7, "C");
    file(context, "e.txt", 0644, 7, "E");
    excludes = List.of("**/*.txt");
    assertThat(copy("/x/", "d", "e.txt"))
        .containsExactly("x/ 755 0:0 @1", "x/b.md 644 0:0 @7 B", "x/n/ 755 0:0 @1");
  }

  @Test
  void laterSourcesOverwriteEarlierOnes() throws IOException {
    directory(context, "a", 0755, 0, 1);
    directory(context, "b", 0755, 0, 2);
    file(context, "a/f", 0644, 7, "A");
    file(context, "b/f", 0644, 8, "B");
    assertThat(copy("/x/", "a", "b")).containsExactly("x/ 755 0:0 @2", "x/f 644 0:0 @8 B");
  }

  @Test
  void listingTellsEverythingApartThatMakesAnotherLayer() throws IOException {
    List<String> listings = new ArrayList<>();
    file(context, "f", 0644, 7, "F");
    listings.add(listing("f"));
    directory(context, "d", 0755, 0, 1);
    file(context, "d/f", 0644, 7, "F");
    listings.add(listing("d"));
    file(context, "f", 0645, 7, "F");
    listings.add(listing("f"));
    file(context, "f", 0644, 7, "G");
    listings.add(listing("f"));
    link(context, "d/f", "F");
    listings.add(listing("d"));
    link(context, "d/f", "G");
    listings.add(listing("d"));
    directory(context, "d/e", 0755, 0, 1);
    listings.add(listing("d"));
    assertThat(listings).doesNotHaveDuplicates();
  }

  @Test
  void listingDoesNotDependOnTimesOrPlace() throws IOException {
    directory(context, "d", 0755, 0, 1);
    file(context, "d/f", 0644, 7, "F");
    directory(context, "deep/er/d", 0755, 0, 2);
    file(context, "deep/er/d/f", 0644, 8, "F");
    assertThat(listing("deep/er/d")).isEqualTo(listing("d"));
  }

  private String listing(String source) throws IOException {
    FileDigests digests =
        new FileDigests(DigestMemory.load(folder.resolve("memory"), Clock.systemUTC()));
    return new String(
        new SourceListing(digests)
            .list(op("/x", source), new ContextTree(context, IgnoreMatcher.of(List.of()))),
        StandardCharsets.UTF_8);
  }
}
