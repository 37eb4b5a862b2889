package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.FileType;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Our estargz blobs through stargz-snapshotter's own library, as a lazily pulling runtime reads
 * them: the table of contents against its digest, then every chunk of every file against its own.
 */
@Tag("root")
class EstargzReaderIT {
  /** Where Debian puts the sources of Go libraries. */
  private static final Path GO_PATH = Path.of("/usr/share/gocode");

  @TempDir private Path temporary;

  private Path reader() throws Exception {
    Tools.requireTool("go");
    assumeTrue(
        Files.isDirectory(GO_PATH.resolve("src/github.com/containerd/stargz-snapshotter/estargz")),
        "needs the package golang-github-containerd-stargz-snapshotter-dev");
    Path source = Path.of("src/test/go/readestargz/main.go").toAbsolutePath();
    Path program = temporary.resolve("readestargz");
    Tools.run(
        temporary,
        "env",
        "GO111MODULE=off",
        "GOFLAGS=",
        "GOPATH=" + GO_PATH,
        "GOCACHE=" + temporary.resolve("go-cache"),
        "go",
        "build",
        "-o",
        program.toString(),
        source.toString());
    return program;
  }

  private static void makeTree(DirFd dir) throws Exception {
    Trees.directory(dir, "a");
    Trees.directory(dir, "a/b");
    Trees.directory(dir, "empty");
    Trees.file(dir, "a/b/f", "content");
    Trees.file(dir, "a/nothing", "");
    Trees.file(dir, "caf\u00e9 \u65e5\u672c", "named");
    Trees.file(dir, "n".repeat(200), "long");
    byte[] large = new byte[9 << 20];
    new Random(7).nextBytes(large);
    Trees.file(dir, BytePath.of("large"), large);
    try (FileFd sparse = dir.create(BytePath.of("sparse"), 0644)) {
      sparse.position(5 << 20);
      sparse.write("middle".getBytes(StandardCharsets.UTF_8), 0, 6);
      sparse.truncate(12 << 20);
    }
    Trees.file(dir, "first", "linked");
    dir.link(BytePath.of("first"), BytePath.of("second"));
    dir.symlink(BytePath.of("link"), "a/b/f");
    dir.mknod(BytePath.of("pipe"), FileType.FIFO, 0640, 0, 0);
    dir.mknod(BytePath.of("null"), FileType.CHARACTER_DEVICE, 0666, 1, 3);
    Trees.file(dir, "suid", "#!");
    dir.chmod(BytePath.of("suid"), 04755);
    dir.setXattr(BytePath.of("suid"), "user.note", new byte[] {0, 1, (byte) 0xff});
  }

  /** The lines that the reader must print for a tree. */
  private static List<String> expected(Path tree) throws Exception {
    List<String> lines = new ArrayList<>();
    try (DirectoryTree files = DirectoryTree.open(tree)) {
      TreeWalk.of(files, BytePath.ROOT)
          .forEach(entry -> {
            if (!entry.path().isRoot()) {
              lines.add(line(entry));
            }
          });
    }
    lines.sort(null);
    return lines;
  }

  private static String line(TreeEntry entry) throws java.io.IOException {
    String mode = Integer.toOctalString(entry.attributes().mode());
    return switch (entry) {
      case TreeEntry.RegularFile f -> {
        try (InputStream in = f.content().open()) {
          byte[] hash = MessageDigest.getInstance("SHA-256").digest(in.readAllBytes());
          yield "%s reg %s %d %064x".formatted(f.path(), mode, f.size(), new BigInteger(1, hash));
        } catch (java.security.NoSuchAlgorithmException e) {
          throw new IllegalStateException(e);
        }
      }
      case TreeEntry.Directory d -> "%s dir %s ".formatted(d.path(), mode);
      case TreeEntry.Symlink s ->
          "%s symlink %s %s".formatted(s.path(), mode, BytePath.printable(s.target()));
      case TreeEntry.Fifo f -> "%s fifo %s ".formatted(f.path(), mode);
      case TreeEntry.Device d -> "%s char %s ".formatted(d.path(), mode);
      case TreeEntry.HardLink _, TreeEntry.Socket _ -> throw new AssertionError(entry);
    };
  }

  @Test
  void theirLibraryReadsAndVerifiesEveryFile() throws Exception {
    Tools.requireRoot();
    Path program = reader();
    Path source = Files.createDirectory(temporary.resolve("source"));
    try (DirFd dir = DirFd.open(source)) {
      makeTree(dir);
    }
    Path blob = temporary.resolve("blob");
    CompressedLayer layer;
    try (DirectoryTree tree = DirectoryTree.open(source);
        OutputStream sink = Files.newOutputStream(blob);
        CompressedLayerStream out = CompressedLayerStream.open(sink, Compression.estargz())) {
      LayerBuilder builder = new LayerBuilder(FileTree.empty());
      TreeWalk.of(tree, BytePath.ROOT).forEach(builder::put);
      new LayerWriter(out, LayerWriter.Options.CANONICAL).writeAll(builder.changes());
      layer = out.finish();
    }
    String toc =
        Objects.requireNonNull(layer.annotations().get("containerd.io/snapshot/stargz/toc.digest"));
    List<String> lines =
        new ArrayList<>(
            Tools.run(temporary, program.toString(), blob.toString(), toc).lines().toList());
    lines.sort(null);
    assertThat(lines).containsExactlyElementsOf(expected(source));
  }
}
