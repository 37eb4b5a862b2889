package dev.jbuild.crash;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** A file system of a few MiB on a loop device, which can be filled up and broken. */
final class SmallDisk implements AutoCloseable {
  private final Path folder;
  private final Path path;

  private SmallDisk(Path folder) throws IOException {
    this.folder = folder;
    this.path = Files.createDirectory(folder.resolve("disk"));
  }

  /** Makes one below {@code folder} and mounts it; skips the test where that cannot be done. */
  static SmallDisk mount(Path folder, int mib) throws IOException {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")), "needs root, to mount a file system");
    Assumptions.assumeTrue(
        Files.exists(Path.of("/dev/loop-control")), "needs loop devices (/dev/loop-control)");
    Assumptions.assumeTrue(
        Stream.of("/sbin/mkfs.ext4", "/usr/sbin/mkfs.ext4").anyMatch(p -> Files.exists(Path.of(p))),
        "needs mkfs.ext4 (e2fsprogs)");
    SmallDisk disk = new SmallDisk(folder);
    disk.shell(
        "truncate -s "
            + mib
            + "M disk.img; mkfs.ext4 -q -b 4096 -O ^has_journal disk.img;"
            + " mount -o loop disk.img disk");
    return disk;
  }

  Path path() {
    return path;
  }

  long usable() {
    return path.toFile().getUsableSpace();
  }

  /** Takes all room but so many bytes; what it takes is in {@link #empty}. */
  void fill(long leave) throws IOException {
    assertThatThrownBy(
            () -> {
              try (OutputStream out = Files.newOutputStream(filler())) {
                byte[] block = new byte[1024];
                while (true) {
                  out.write(block);
                }
              }
            })
        .isInstanceOf(IOException.class);
    try (FileChannel file = FileChannel.open(filler(), StandardOpenOption.WRITE)) {
      file.truncate(Math.max(0, file.size() - leave));
    }
  }

  /** Gives back what {@link #fill} took. */
  void empty() throws IOException {
    Files.delete(filler());
  }

  private Path filler() {
    return path.resolve("filler");
  }

  /** Makes the disk end after so many MiB, as if the rest of it had died. */
  void cut(int mib) throws IOException {
    shell(
        """
        loop=$(losetup -nO NAME -j disk.img); truncate -s %dM disk.img; losetup -c $loop
        echo 3 > /proc/sys/vm/drop_caches\
        """
            .formatted(mib));
  }

  private void shell(String script) throws IOException {
    Process process =
        new ProcessBuilder("bash", "-ec", "PATH=$PATH:/sbin:/usr/sbin\n" + script)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.onExit().join().exitValue()).as(output).isZero();
  }

  @Override
  public void close() throws IOException {
    shell("umount disk || umount -l disk; rm -f disk.img; rmdir disk");
  }
}
