package dev.jbuild.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** Removes cgroups of steps that have ended. A cgroup is removed by rmdir, its children first. */
final class CgroupRemoval {

  /** The last process of a step, though dead, may take a moment to leave. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private CgroupRemoval() {}

  /** Removes a cgroup and what is below it; what is still in use then is left to a later start. */
  static void remove(Path folder) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!removed(folder) && System.nanoTime() < deadline) {
      LockSupport.parkNanos(200_000);
    }
  }

  private static boolean removed(Path folder) {
    try {
      Files.deleteIfExists(folder);
      return true;
    } catch (IOException _) {
      // In use, or with children; only folders in it can be removed, and only they need be.
      children(folder).forEach(CgroupRemoval::removed);
      try {
        Files.deleteIfExists(folder);
        return true;
      } catch (IOException _) {
        return false;
      }
    }
  }

  /**
   * Removes what executors that were killed have left, which is empty by then.
   *
   * @param limits whose parent is looked into as well
   */
  static void removeLeftovers(Cgroups machine, Limits limits) {
    machine.hierarchies().stream()
        .flatMap(h ->
            Stream.concat(
                Stream.of(h.own(), h.mountPoint()), limits.cgroupParent().map(h::below).stream()))
        .distinct()
        .flatMap(parent -> children(parent).stream())
        .filter(CgroupRemoval::isLeftOver)
        .forEach(CgroupRemoval::removed);
  }

  private static boolean isLeftOver(Path folder) {
    String name = String.valueOf(folder.getFileName());
    return name.matches(StepCgroup.PREFIX + "\\d+-\\d+")
        && !Files.exists(Path.of("/proc", name.split("-", -1)[1]));
  }

  private static List<Path> children(Path folder) {
    try (Stream<Path> children = Files.list(folder)) {
      return children.filter(c -> Files.isDirectory(c, LinkOption.NOFOLLOW_LINKS)).toList();
    } catch (IOException _) {
      return List.of(); // one that cannot be listed holds nothing of ours
    }
  }
}
