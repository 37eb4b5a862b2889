package dev.jbuild.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The cgroup hierarchies of this machine, as the executor sees them. */
final class Cgroups {

  /**
   * One hierarchy.
   *
   * @param name of its folder below /sys/fs/cgroup
   * @param unified whether it is cgroup v2
   * @param options mount options that name it: its controllers
   * @param mountPoint where the executor sees it
   */
  record View(String name, boolean unified, String options, Path mountPoint) {}

  private Cgroups() {}

  /** Hierarchies that are mounted, in the order of their mounts. */
  static List<View> mounted() {
    try {
      return parse(Files.readString(Path.of("/proc/self/mountinfo")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<View> parse(String mountInfo) {
    List<View> views = new ArrayList<>();
    for (String line : mountInfo.lines().toList()) {
      int dash = line.indexOf(" - ");
      String[] left = line.substring(0, dash).split(" ", -1);
      String[] right = line.substring(dash + 3).split(" ", -1);
      Path point = Path.of(left[4]);
      if (right[0].equals("cgroup2")) {
        views.add(new View(nameOf(point), true, "", point));
      } else if (right[0].equals("cgroup")) {
        List<String> options = new ArrayList<>();
        for (String option : right[2].split(",", -1)) {
          if (!List.of("rw", "ro", "clone_children", "xattr", "noprefix").contains(option)
              && !option.startsWith("release_agent=")) {
            options.add(option);
          }
        }
        views.add(new View(nameOf(point), false, String.join(",", options), point));
      }
    }
    return views;
  }

  private static String nameOf(Path point) {
    Path name = point.getFileName();
    return name == null ? "" : name.toString();
  }
}
