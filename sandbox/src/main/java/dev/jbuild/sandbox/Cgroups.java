package dev.jbuild.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The cgroup hierarchies of this machine, and where in each the executor itself is. Version 1 has
 * one hierarchy for each controller, version 2 one for all; a hybrid machine has both.
 */
record Cgroups(List<Hierarchy> hierarchies) {

  /**
   * One hierarchy.
   *
   * @param name of its folder below /sys/fs/cgroup
   * @param unified whether it is version 2
   * @param controllers that it has: those of its mount (v1) or of the executor's own cgroup (v2)
   * @param options mount options that name it
   * @param mountPoint where the executor sees it
   * @param own the executor's own cgroup, as a folder
   */
  record Hierarchy(
      String name,
      boolean unified,
      Set<String> controllers,
      String options,
      Path mountPoint,
      Path own) {

    /** The folder of a cgroup by its path from the hierarchy's root, as far as it is mounted. */
    Path below(String path) {
      return mountPoint.resolve(path.replaceFirst("^/+", "")).normalize();
    }
  }

  private static final Set<String> PLAIN_OPTIONS =
      Set.of(
          "rw", "ro", "clone_children", "xattr", "noprefix", "nsdelegate", "memory_recursiveprot");

  Cgroups {
    hierarchies = List.copyOf(hierarchies);
  }

  /** Reads /proc; an unreadable one has no hierarchies. */
  static Cgroups detect() {
    try {
      return parse(
          Files.readString(Path.of("/proc/self/mountinfo")),
          Files.readString(Path.of("/proc/self/cgroup")));
    } catch (IOException _) {
      return new Cgroups(List.of());
    }
  }

  /**
   * From the texts of the two files. A mount may show a part of a hierarchy only, as in a
   * container: own paths are then relative to its root.
   */
  static Cgroups parse(String mountInfo, String membership) {
    List<Hierarchy> found = new ArrayList<>();
    for (String line : mountInfo.lines().toList()) {
      int dash = line.indexOf(" - ");
      String[] left = line.substring(0, Math.max(dash, 0)).split(" ", -1);
      String[] right = line.substring(dash + 3).split(" ", -1);
      boolean unified = right[0].equals("cgroup2");
      if (left.length < 5 || (!unified && !right[0].equals("cgroup"))) {
        continue;
      }
      Path point = Path.of(left[4]);
      List<String> options = new ArrayList<>();
      if (!unified) {
        for (String option : right[2].split(",", -1)) {
          if (!PLAIN_OPTIONS.contains(option) && !option.startsWith("release_agent=")) {
            options.add(option);
          }
        }
      }
      ownPath(membership, unified, options, left[3])
          .map(path -> point.resolve(path.substring(1)).normalize())
          .filter(Files::isDirectory)
          .map(own -> withoutLeaf(own, point))
          .filter(own -> found.stream().noneMatch(h -> h.own.equals(own)))
          .ifPresent(own ->
              found.add(
                  new Hierarchy(
                      point.getFileName() == null ? "" : point.getFileName().toString(),
                      unified,
                      unified ? controllers(own) : Set.copyOf(options),
                      String.join(",", options),
                      point,
                      own)));
    }
    return new Cgroups(found);
  }

  private static Optional<String> ownPath(
      String membership, boolean unified, List<String> options, String root) {
    for (String line : membership.lines().toList()) {
      String[] fields = line.split(":", 3);
      boolean same =
          unified
              ? fields[0].equals("0") && fields[1].isEmpty()
              : Set.of(fields[1].split(",", -1)).equals(Set.copyOf(options));
      if (same) {
        String path = fields[2];
        if (root.equals("/")) {
          return Optional.of(path);
        }
        return path.equals(root) || path.startsWith(root + "/")
            ? Optional.of(path.equals(root) ? "/" : path.substring(root.length()))
            : Optional.of("/"); // in a cgroup namespace the mount's root is our own
      }
    }
    return Optional.empty();
  }

  /**
   * The cgroup that was given to the executor: in version 2 an earlier build may have moved what
   * this one was started from into a child, which is not to get children itself.
   */
  private static Path withoutLeaf(Path own, Path mountPoint) {
    Path parent = own.getParent();
    return own.endsWith(StepCgroup.EXECUTOR) && parent != null && parent.startsWith(mountPoint)
        ? parent
        : own;
  }

  private static Set<String> controllers(Path cgroup) {
    try {
      String text = Files.readString(cgroup.resolve("cgroup.controllers")).strip();
      return text.isEmpty() ? Set.of() : Set.of(text.split(" ", -1));
    } catch (IOException _) {
      return Set.of();
    }
  }

  /** The hierarchy that has a controller; v1 binds controllers that v2 then lacks. */
  Optional<Hierarchy> with(String controller) {
    return hierarchies.stream().filter(h -> h.controllers.contains(controller)).findFirst();
  }

  /**
   * The path of the executor's own cgroup if it is the same in every hierarchy, or else the root:
   * an OCI runtime is given one path for all of them.
   */
  String commonPath() {
    List<String> paths =
        hierarchies.stream().map(h -> "/" + h.mountPoint.relativize(h.own)).distinct().toList();
    return paths.size() == 1 ? paths.getFirst() : "/";
  }

  /** The v2 hierarchy, whatever controllers it has. */
  Optional<Hierarchy> unified() {
    return hierarchies.stream().filter(Hierarchy::unified).findFirst();
  }
}
