package dev.jbuild.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DirFdTest {
  @TempDir private Path temporary;
  private DirFd dir;

  @BeforeEach
  void open() throws IOException {
    dir = DirFd.open(temporary);
  }

  @AfterEach
  void close() {
    Beneath.walkAlways = false;
    Xattr.throughProcAlways = false;
    dir.close();
  }

  private void write(String path, String content) throws IOException {
    try (FileFd file = dir.create(BytePath.of(path), 0644)) {
      byte[] bytes = content.getBytes(UTF_8);
      file.write(bytes, 0, bytes.length);
    }
  }

  private String read(String path) throws IOException {
    try (InputStream in = dir.openRead(BytePath.of(path)).inputStream()) {
      return new String(in.readAllBytes(), UTF_8);
    }
  }

  @Test
  void statAgreesWithTheJdk() throws IOException {
    write("f", "hello");
    Stat stat = dir.stat(BytePath.of("f"));
    Path path = temporary.resolve("f");
    assertThat(stat.size()).isEqualTo(5);
    assertThat(stat.ino()).isEqualTo(Files.getAttribute(path, "unix:ino"));
    assertThat(stat.mode()).isEqualTo(Files.getAttribute(path, "unix:mode"));
    assertThat(stat.uid()).isEqualTo(Files.getAttribute(path, "unix:uid"));
    assertThat(stat.modified()).isEqualTo(Files.getLastModifiedTime(path).toInstant());
    assertThat(stat.type()).isEqualTo(FileType.REGULAR);
  }

  @Test
  void namesAreBytesWhateverTheLocale() throws IOException {
    BytePath broken = BytePath.ofLatin1("caf\u00e9-\u00ff\u0001");
    dir.create(broken, 0600).close();
    assertThat(dir.list()).extracting(DirEntry::name).containsExactly(broken);
    assertThat(dir.stat(broken).isRegular()).isTrue();
  }

  /** Names of all lengths, so that they end on every byte of a record, more than one read holds. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void statusOfAllFilesAgreesWithThatOfEach(boolean throughProc) throws IOException {
    Xattr.throughProcAlways = throughProc;
    for (int i = 1; i <= 255; i++) {
      for (String letter : List.of("a", "b", "\u00ff", "\u0001")) {
        dir.create(BytePath.ofLatin1(letter.repeat(i)), i).close();
      }
    }
    for (int i = 0; i < 2_000; i++) {
      dir.symlink(BytePath.ofLatin1("l" + i + "-".repeat(240)), "a");
    }
    dir.mkdir(BytePath.of("d"), 0700);
    dir.setXattr(BytePath.of("d"), "user.test", new byte[] {1});
    List<DirStat> files = dir.stats();
    assertThat(files).hasSize(4 * 255 + 2_000 + 1);
    assertThat(files)
        .extracting(DirStat::name)
        .containsExactlyInAnyOrderElementsOf(dir.list().stream().map(DirEntry::name).toList());
    for (DirStat file : files) {
      assertThat(file.stat()).isEqualTo(dir.stat(file.name()));
      assertThat(file.mayHaveXattrs() || dir.xattrs(file.name()).isEmpty()).isTrue();
    }
    if (!throughProc && Xattr.atCalls()) {
      assertThat(files)
          .filteredOn(DirStat::mayHaveXattrs)
          .extracting(DirStat::name)
          .containsOnlyOnce(BytePath.of("d"));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void neverFollowsALinkInTheMiddle(boolean walk) throws IOException {
    Beneath.walkAlways = walk;
    dir.mkdir(BytePath.of("real"), 0755);
    dir.mkdir(BytePath.of("real/sub"), 0755);
    write("real/sub/f", "x");
    dir.symlink(BytePath.of("link"), "real");
    assertThat(read("real/sub/f")).isEqualTo("x");
    assertThatThrownBy(() -> read("link/sub/f"))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ELOOP));
    assertThatThrownBy(() -> dir.openDirectory(BytePath.of("link")))
        .isInstanceOf(ErrnoException.class);
    assertThat(dir.stat(BytePath.of("link")).isSymlink()).isTrue();
    assertThat(dir.readlink(BytePath.of("link"))).isEqualTo("real");
  }

  @Test
  void neverLeavesItsDirectoryThroughAnAbsoluteLink() throws IOException {
    dir.symlink(BytePath.of("etc"), "/etc");
    assertThatThrownBy(() -> dir.openRead(BytePath.of("etc/passwd")))
        .hasMessage("openat2 \"etc\": a symbolic link is in the way (ELOOP)");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void reachesDeeperThanPathMax(boolean walk) throws IOException {
    Beneath.walkAlways = walk;
    String name = "d".repeat(200);
    BytePath path = BytePath.ROOT;
    for (int i = 0; i < 40; i++) {
      path = path.resolve(name);
      dir.mkdir(path, 0755);
    }
    assertThat(path.length()).isGreaterThan(8000);
    dir.create(path.resolve("leaf"), 0644).close();
    assertThat(dir.stat(path.resolve("leaf")).isRegular()).isTrue();
    dir.deleteTree(BytePath.of(name));
    assertThat(dir.list()).isEmpty();
  }

  @Test
  void deletesTreesDeeperThanItKeepsDirectoriesOpen() throws IOException {
    DirFd here = dir;
    for (int i = 0; i < 500; i++) {
      here.mkdir(BytePath.of("d"), i % 3 == 0 ? 0500 : 0700);
      if (i % 3 == 0) {
        here.chmod(BytePath.of("d"), 0700);
      }
      DirFd below = here.openDirectory(BytePath.of("d"));
      below.create(BytePath.of("f"), 0).close();
      if (here != dir) {
        here.close();
      }
      here = below;
    }
    here.close();
    dir.deleteTree(BytePath.of("d"));
    assertThat(dir.list()).isEmpty();
  }

  @Test
  void deletingALinkLeavesItsTarget() throws IOException {
    dir.mkdir(BytePath.of("kept"), 0755);
    write("kept/f", "x");
    dir.mkdir(BytePath.of("gone"), 0755);
    dir.symlink(BytePath.of("gone/link"), "../kept");
    dir.deleteTree(BytePath.of("gone"));
    assertThat(read("kept/f")).isEqualTo("x");
    dir.deleteTree(BytePath.of("gone"));
  }

  @Test
  void setsModeAndTimeExactly() throws IOException {
    write("f", "");
    dir.chmod(BytePath.of("f"), 06755);
    dir.setModified(BytePath.of("f"), -12345, 678);
    Stat stat = dir.stat(BytePath.of("f"));
    assertThat(stat.permissions()).isEqualTo(06755);
    assertThat(stat.mtime()).isEqualTo(-12345);
    assertThat(stat.mtimeNanos()).isEqualTo(678);
    dir.symlink(BytePath.of("l"), "f");
    assertThatThrownBy(() -> dir.chmod(BytePath.of("l"), 0600))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EOPNOTSUPP));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void xattrsHoldAnyBytes(boolean throughProc) throws IOException {
    Xattr.throughProcAlways = throughProc;
    write("f", "");
    byte[] value = new byte[256];
    for (int i = 0; i < 256; i++) {
      value[i] = (byte) i;
    }
    dir.setXattr(BytePath.of("f"), "user.test", value);
    assertThat(dir.xattrs(BytePath.of("f"))).containsOnlyKeys("user.test");
    assertThat(dir.xattr(BytePath.of("f"), "user.test")).contains(value);
    dir.removeXattr(BytePath.of("f"), "user.test");
    assertThat(dir.xattr(BytePath.of("f"), "user.test")).isEmpty();
    dir.mkdir(BytePath.of("d"), 0755);
    dir.symlink(BytePath.of("d/l"), "../f");
    assertThat(dir.xattrs(BytePath.of("d/l"))).isEmpty();
    assertThatThrownBy(() -> dir.setXattr(BytePath.of("d/l"), "user.test", value))
        .isInstanceOf(ErrnoException.class);
    assertThat(dir.xattrs(BytePath.of("f"))).isEmpty();
  }

  @Test
  void doesNotBlockOnAFifo() throws IOException {
    dir.mknod(BytePath.of("p"), FileType.FIFO, 0600, 0, 0);
    assertThatThrownBy(() -> dir.openRead(BytePath.of("p")))
        .isInstanceOfSatisfying(
            ErrnoException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EINVAL));
  }

  @Test
  void findsHolesAndCopiesThem() throws IOException {
    try (FileFd file = dir.create(BytePath.of("sparse"), 0644)) {
      file.position(8 << 20);
      file.write(new byte[] {1, 2, 3}, 0, 3);
      file.truncate(16 << 20);
    }
    try (FileFd in = dir.openRead(BytePath.of("sparse"));
        FileFd out = dir.create(BytePath.of("copy"), 0644)) {
      in.copyTo(out);
    }
    Stat copy = dir.stat(BytePath.of("copy"));
    assertThat(copy.size()).isEqualTo(16 << 20);
    assertThat(copy.blocks() * 512).isLessThan(1 << 20);
    assertThat(Files.mismatch(temporary.resolve("sparse"), temporary.resolve("copy")))
        .isEqualTo(-1);
    try (InputStream in = dir.openRead(BytePath.of("copy")).inputStream()) {
      in.skipNBytes(8 << 20);
      assertThat(in.readNBytes(4)).containsExactly(1, 2, 3, 0);
    }
  }

  @Test
  void linksAndRenames() throws IOException {
    dir.mkdir(BytePath.of("a"), 0755);
    write("a/f", "x");
    dir.link(BytePath.of("a/f"), BytePath.of("g"));
    assertThat(dir.stat(BytePath.of("g")).nlink()).isEqualTo(2);
    dir.rename(BytePath.of("g"), BytePath.of("a/h"));
    assertThat(dir.find(BytePath.of("g"))).isEmpty();
    assertThat(read("a/h")).isEqualTo("x");
    dir.unlink(BytePath.of("a/f"));
    assertThatThrownBy(() -> dir.rmdir(BytePath.of("a")))
        .hasMessage("unlinkat \"a\": directory not empty (ENOTEMPTY)");
  }

  @Test
  void manyVirtualThreadsShareOneDirectory() throws Exception {
    for (int i = 0; i < 50; i++) {
      write("f" + i, "content of " + i);
    }
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<String>> reads =
          new Random(1)
              .ints(2000, 0, 50)
              .mapToObj(i -> threads.submit(() -> i + read("f" + i)))
              .toList();
      for (Future<String> read : reads) {
        assertThat(read.get()).matches("(\\d+)content of \\1");
      }
    }
  }
}
