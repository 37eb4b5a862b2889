package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.FileType;
import dev.jbuild.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Makes trees with everything a file system can hold, and says in lines what a tree holds. */
final class Trees {
  private Trees() {}

  /**
   * One line an entry: all that a layer keeps of it, content as digest, links as their first name.
   */
  static List<String> describe(FileTree tree) throws IOException {
    List<String> lines = new ArrayList<>();
    Map<ContentSource.LinkKey, BytePath> first = new HashMap<>();
    TreeWalk.of(tree, BytePath.ROOT)
        .forEach(entry -> {
          if (!entry.path().isRoot()) {
            lines.add(line(entry, first));
          }
        });
    return lines;
  }

  private static String line(TreeEntry entry, Map<ContentSource.LinkKey, BytePath> first)
      throws IOException {
    Attributes a = entry.attributes();
    // A directory's time changes with its content; tests that mean it look at it themselves.
    String time = entry.isDirectory() ? "-" : a.mtime().toString();
    String common =
        String.format(
            "%s %s %o %d:%d %s %s",
            entry.path(), entry.type(), a.mode(), a.uid(), a.gid(), time, a.xattrs());
    return switch (entry) {
      case TreeEntry.RegularFile f -> {
        String content;
        try (InputStream in = f.content().open()) {
          Digest.Hasher hash = Digest.hasher();
          byte[] buffer = new byte[1 << 16];
          for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            hash.update(buffer, 0, n);
          }
          content = hash.digest().shortHex();
        }
        String link =
            f.content()
                .link()
                .map(key -> first.putIfAbsent(key, f.path()))
                .map(name -> " = " + name)
                .orElse("");
        yield common + " " + f.size() + " " + content + link;
      }
      case TreeEntry.Symlink s -> common + " -> " + BytePath.printable(s.target());
      case TreeEntry.Device d -> common + " " + d.major() + ":" + d.minor();
      case TreeEntry.HardLink h -> common + " link to " + h.target();
      case TreeEntry.Directory _, TreeEntry.Fifo _, TreeEntry.Socket _ -> common;
    };
  }

  static List<String> describe(Path directory) throws IOException {
    try (DirectoryTree tree = DirectoryTree.open(directory)) {
      return describe(tree);
    }
  }

  static void file(DirFd dir, BytePath path, byte[] content) throws IOException {
    try (FileFd file = dir.create(path, 0644)) {
      file.write(content, 0, content.length);
      file.chmod(0644);
      file.setModified(1_700_000_000L, 0);
    }
  }

  static void file(DirFd dir, String path, String content) throws IOException {
    file(dir, BytePath.of(path), content.getBytes(StandardCharsets.UTF_8));
  }

  static void directory(DirFd dir, String path) throws IOException {
    dir.mkdir(BytePath.of(path), 0755);
    dir.chmod(BytePath.of(path), 0755);
  }

  /** Everything that needs no privilege. */
  static void makePlain(DirFd dir) throws IOException {
    directory(dir, "empty");
    directory(dir, "a");
    directory(dir, "a/b");
    directory(dir, "a-b");
    file(dir, "a/b/f", "content");
    file(dir, "a-b/z", "");
    file(dir, BytePath.of("caf\u00e9 \u65e5\u672c"), new byte[] {1});
    file(dir, BytePath.ofLatin1("broken-\u00ff\u00fe\n"), new byte[] {2});
    BytePath deep = BytePath.ROOT;
    for (int i = 0; i < 3; i++) {
      deep = deep.resolve("n".repeat(100 + i));
      dir.mkdir(deep, 0755);
    }
    file(dir, deep.resolve("leaf"), new byte[] {3});
    file(dir, BytePath.of("x".repeat(255)), new byte[] {4});
    file(dir, "first", "linked");
    dir.link(BytePath.of("first"), BytePath.of("a/second"));
    dir.link(BytePath.of("first"), BytePath.of("third"));
    dir.symlink(BytePath.of("link"), "a/b/f");
    dir.symlink(BytePath.of("dangling"), "/no/such/\u00ff");
    dir.symlink(BytePath.of("longlink"), "t/".repeat(150));
    dir.mknod(BytePath.of("pipe"), FileType.FIFO, 0640, 0, 0);
    file(dir, "suid", "#!");
    dir.chmod(BytePath.of("suid"), 06751);
    directory(dir, "sticky");
    dir.chmod(BytePath.of("sticky"), 01777);
    file(dir, "old", "");
    dir.setModified(BytePath.of("old"), -86_400L * 365, 500_000_000);
    file(dir, "nanos", "");
    dir.setModified(BytePath.of("nanos"), 1_700_000_000L, 123_456_789);
    byte[] all = new byte[256];
    for (int i = 0; i < 256; i++) {
      all[i] = (byte) i;
    }
    dir.setXattr(BytePath.of("nanos"), "user.binary", all);
    dir.setXattr(BytePath.of("nanos"), "user.empty", new byte[0]);
    dir.setXattr(BytePath.of("a/b"), "user.line", "x\ny=z\n".getBytes(StandardCharsets.UTF_8));
    try (FileFd sparse = dir.create(BytePath.of("sparse"), 0644)) {
      sparse.position(5 << 20);
      sparse.write("middle".getBytes(StandardCharsets.UTF_8), 0, 6);
      sparse.truncate(12 << 20);
    }
    try (FileFd hole = dir.create(BytePath.of("hole"), 0644)) {
      hole.truncate(3 << 20);
    }
  }

  /** What only root can make. */
  static void makePrivileged(DirFd dir) throws IOException {
    dir.mknod(BytePath.of("null"), FileType.CHARACTER_DEVICE, 0666, 1, 3);
    dir.mknod(BytePath.of("disk"), FileType.BLOCK_DEVICE, 0660, 259, 1_000_000);
    dir.chown(BytePath.of("link"), 33, 33);
    dir.chown(BytePath.of("a"), 3_000_000, (int) 4_000_000_000L);
    dir.chown(BytePath.of("pipe"), 1, 2);
    file(dir, "ping", "elf");
    dir.chown(BytePath.of("ping"), 7, 8);
    dir.chmod(BytePath.of("ping"), 04755);
    byte[] capability = new byte[20];
    capability[0] = 1;
    capability[3] = 2;
    capability[5] = 0x20;
    dir.setXattr(BytePath.of("ping"), Xattrs.CAPABILITY, capability);
    dir.setXattr(BytePath.of("link"), "trusted.note", new byte[] {0, (byte) 0xff, 10});
  }

  /** A whole tree as a layer's tar. */
  static byte[] tar(FileTree tree) throws IOException {
    LayerBuilder builder = new LayerBuilder(FileTree.empty());
    TreeWalk.of(tree, BytePath.ROOT).forEach(builder::put);
    return tar(builder.changes());
  }

  static byte[] tar(List<? extends TreeChange> changes) {
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      new LayerWriter(out, LayerWriter.Options.CANONICAL).writeAll(changes);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static Attributes attributes(int mode) {
    return Attributes.of(mode, 0, 0, Instant.ofEpochSecond(1_700_000_000L));
  }
}
