package dev.jbuild.sandbox;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether a share of block I/O means anything here. The kernel takes a weight whatever shares out
 * the requests, and only the scheduler bfq (kernel, block/bfq-iosched.rst) and, in version 2, the
 * cost model (cgroup-v2.rst, "io.cost.qos") look at it.
 */
public final class BlockIoWeight {
  private BlockIoWeight() {}

  /** What to tell who asks for a weight that no block device of this machine heeds. */
  public static Optional<String> note() {
    return note(Path.of("/sys"));
  }

  static Optional<String> note(Path sys) {
    return scheduled(sys.resolve("block")) || costed(sys.resolve("fs/cgroup"))
        ? Optional.empty()
        : Optional.of(
            "--blkio-weight has no effect: no block device has the scheduler bfq"
                + " (echo bfq > /sys/block/DEVICE/queue/scheduler) or the cost model"
                + " (io.cost.qos of cgroup v2)");
  }

  private static boolean scheduled(Path block) {
    try (DirectoryStream<Path> devices = Files.newDirectoryStream(block)) {
      for (Path device : devices) {
        if (read(device.resolve("queue/scheduler")).contains("[bfq]")) {
          return true;
        }
      }
    } catch (IOException _) {
      // Not to be seen here: said as if there were none.
    }
    return false;
  }

  private static boolean costed(Path cgroup) {
    return read(cgroup.resolve("io.cost.qos")).contains("enable=1")
        || read(cgroup.resolve("unified/io.cost.qos")).contains("enable=1");
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException _) {
      return "";
    }
  }
}
