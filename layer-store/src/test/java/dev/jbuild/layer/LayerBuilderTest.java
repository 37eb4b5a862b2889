package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.FileType;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LayerBuilderTest {
  private LayerBuilder lower;
  private LayerBuilder layer;

  @BeforeEach
  void makeLower() throws IOException {
    lower = new LayerBuilder(FileTree.empty());
    lower.put(directory("etc", 0750));
    lower.put(file("etc/passwd"));
    lower.put(file("etc/group"));
    lower.put(directory("usr", 0755));
    lower.put(directory("usr/lib", 0711));
    lower.put(file("usr/lib/a.so"));
    lower.put(link("lib", "usr/lib"));
    layer = new LayerBuilder(lower);
  }

  private static TreeEntry directory(String path, int mode) {
    return new TreeEntry.Directory(BytePath.of(path), Trees.attributes(mode));
  }

  private static TreeEntry file(String path) {
    return new TreeEntry.RegularFile(
        BytePath.of(path), Trees.attributes(0644), 1, ContentSource.of(new byte[] {1}));
  }

  private static TreeEntry link(String path, String target) {
    return new TreeEntry.Symlink(BytePath.of(path), Trees.attributes(0777), target);
  }

  private static TreeEntry hardLink(String path, String target) {
    return new TreeEntry.HardLink(
        BytePath.of(path), Trees.attributes(0644), FileType.REGULAR, BytePath.of(target));
  }

  private List<String> changes() throws IOException {
    return layer.changes().stream()
        .map(c ->
            c.getClass().getSimpleName()
                + " "
                + c.path()
                + (c instanceof TreeEntry.HardLink l ? " -> " + l.target() : ""))
        .toList();
  }

  @Test
  void takesParentsFromBelowAsTheyAre() throws IOException {
    layer.put(file("usr/lib/b.so"));
    assertThat(changes())
        .containsExactly("Directory usr", "Directory usr/lib", "RegularFile usr/lib/b.so");
    assertThat(((TreeEntry) layer.changes().get(1)).attributes().mode()).isEqualTo(0711);
  }

  @Test
  void makesParentsThatAreMissing() throws IOException {
    layer.put(file("opt/x/y"));
    assertThat(changes())
        .containsExactly("Directory opt", "Directory opt/x", "RegularFile opt/x/y");
    layer.makeDirectories(BytePath.of("opt/x/z/z"), Attributes.DIRECTORY.withOwner(5, 6));
    TreeEntry made = layer.find(BytePath.of("opt/x/z")).orElseThrow();
    assertThat(made.attributes().uid()).isEqualTo(5);
    assertThat(layer.find(BytePath.of("opt/x")).orElseThrow().attributes().uid()).isZero();
  }

  @Test
  void refusesAParentThatIsNoDirectory() {
    assertThatThrownBy(() -> layer.put(file("etc/passwd/x")))
        .isInstanceOf(NotDirectoryException.class)
        .hasMessage("etc/passwd");
    assertThatThrownBy(() -> layer.put(file("lib/x"))).isInstanceOf(NotDirectoryException.class);
  }

  @Test
  void resolvesLinksInsideTheRoot() throws IOException {
    layer.put(link("up", "../../../etc"));
    layer.put(link("loop", "loop"));
    layer.put(link("new", "/not/yet"));
    assertThat(layer.resolve(BytePath.of("lib/b.so")).path()).hasToString("usr/lib/b.so");
    assertThat(layer.resolve(BytePath.of("lib")).isDirectory()).isTrue();
    assertThat(layer.resolveParent(BytePath.of("lib")).path()).hasToString("lib");
    assertThat(layer.resolve(BytePath.of("up/passwd")).entry()).isPresent();
    assertThat(layer.resolve(BytePath.of("new/a/b")))
        .isEqualTo(new FileTree.Resolved(BytePath.of("not/yet/a/b"), Optional.empty()));
    assertThatThrownBy(() -> layer.resolve(BytePath.of("loop/x")))
        .isInstanceOf(FileSystemLoopException.class)
        .hasMessage("loop/x: too many levels of symbolic links");
    assertThatThrownBy(() -> layer.resolve(BytePath.of("etc/passwd/x")))
        .isInstanceOf(NotDirectoryException.class);
  }

  @Test
  void removingAndMakingAnewHidesWhatWasBelow() throws IOException {
    layer.remove(BytePath.of("etc"));
    assertThat(layer.find(BytePath.of("etc/passwd"))).isEmpty();
    assertThat(changes()).containsExactly("Whiteout etc");
    layer.put(directory("etc", 0700));
    layer.put(file("etc/new"));
    assertThat(layer.find(BytePath.of("etc/passwd"))).isEmpty();
    assertThat(layer.list(BytePath.of("etc")))
        .extracting(e -> e.path().toString())
        .containsExactly("etc/new");
    assertThat(changes()).containsExactly("Directory etc", "OpaqueMark etc", "RegularFile etc/new");
  }

  @Test
  void whatWasMadeAndRemovedLeavesNoTrace() throws IOException {
    layer.put(file("etc/tmp"));
    layer.remove(BytePath.of("etc/tmp"));
    layer.remove(BytePath.of("never"));
    assertThat(changes()).isEmpty();
    assertThat(layer.isEmpty()).isTrue();
  }

  @Test
  void aFileReplacesATreeAndADirectoryReplacesAFile() throws IOException {
    layer.put(file("usr/lib/deep/er/f"));
    layer.put(file("usr"));
    assertThat(changes()).containsExactly("RegularFile usr");
    assertThat(layer.find(BytePath.of("usr/lib/a.so"))).isEmpty();
    layer.put(directory("usr", 0755));
    assertThat(layer.list(BytePath.of("usr"))).isEmpty();
    assertThat(changes()).containsExactly("Directory usr", "OpaqueMark usr");
  }

  @Test
  void listsBothTreesInOrder() throws IOException {
    layer.put(file("etc/hosts"));
    layer.put(file("etc-2/x"));
    layer.remove(BytePath.of("etc/group"));
    assertThat(layer.list(BytePath.of("etc")))
        .extracting(e -> e.path().toString())
        .containsExactly("etc/hosts", "etc/passwd");
    assertThat(layer.list(BytePath.ROOT))
        .extracting(e -> e.path().toString())
        .containsExactly("etc", "etc-2", "lib", "usr");
    assertThatThrownBy(() -> layer.list(BytePath.of("none")))
        .isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void theFirstNameOfAFileCarriesItsContent() throws IOException {
    layer.put(file("m"));
    layer.put(hardLink("z", "m"));
    layer.put(hardLink("a", "z"));
    assertThat(changes()).containsExactly("RegularFile a", "HardLink m -> a", "HardLink z -> a");
    layer.put(file("a"));
    assertThat(changes()).containsExactly("RegularFile a", "RegularFile m", "HardLink z -> m");
    layer.remove(BytePath.of("m"));
    assertThat(changes()).containsExactly("RegularFile a", "RegularFile z");
  }

  @Test
  void aFurtherNameTakesNoExtendedAttributeAway() throws IOException {
    Xattrs capability =
        Xattrs.of(new java.util.TreeMap<>(java.util.Map.of("user.kept", new byte[] {1})));
    layer.put(file("m").with(Trees.attributes(0644).withXattrs(capability)));
    layer.put(hardLink("z", "m"));
    for (String name : List.of("m", "z")) {
      assertThat(layer.find(BytePath.of(name)).orElseThrow().attributes().xattrs())
          .isEqualTo(capability);
    }
  }

  @Test
  void aLinkToAFileBelowBecomesACopy() throws IOException {
    layer.put(hardLink("copy", "etc/passwd"));
    assertThat(changes()).containsExactly("RegularFile copy");
    assertThatThrownBy(() -> layer.put(hardLink("x", "none")))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("hard link \"x\" names \"none\", which does not exist");
    assertThatThrownBy(() -> layer.put(hardLink("x", "etc")))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("hard link \"x\" names the directory \"etc\"");
  }

  @Test
  void theAttributesOfALinkHoldForAllNames() throws IOException {
    layer.put(file("a"));
    layer.put(hardLink("b", "a").with(Trees.attributes(0600)));
    assertThat(layer.find(BytePath.of("a")).orElseThrow().attributes().mode()).isEqualTo(0600);
  }

  @Test
  void walkPrunesAndDescends() throws IOException {
    List<String> seen = new java.util.ArrayList<>();
    TreeWalk.of(lower, BytePath.ROOT)
        .filter(e ->
            switch (e.path().toString()) {
              case "etc" -> TreeWalk.Decision.PRUNE;
              case ".", "usr" -> TreeWalk.Decision.DESCEND;
              default -> TreeWalk.Decision.TAKE;
            })
        .forEach(e -> seen.add(e.path().toString()));
    assertThat(seen).containsExactly("lib", "usr/lib", "usr/lib/a.so");
  }
}
