package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Where the working directory of a step leads, as an OCI runtime will find it: in the layers of the
 * root and in the trees that are mounted over it, links followed inside.
 *
 * <p>A runtime goes there while it still holds descriptors of the executor's side, and runc before
 * 1.1.12 did not look where it had got to: /proc/self/fd/N was a way out of the container
 * (CVE-2024-21626). What is below /proc is therefore refused, whichever the runtime. What another
 * step changes in a shared cache meanwhile is not seen.
 */
final class OciWorkdir {
  /** As many links as the kernel follows. */
  private static final int MOST_LINKS = 40;

  private static final Path PROC = Path.of("/proc");

  private final List<Path> root;
  private final Map<Path, List<Path>> trees = new LinkedHashMap<>();

  private OciWorkdir(StepRequest request, List<RootfsMount> mounted) {
    root = layers(request.rootfs());
    for (RootfsMount tree : mounted) {
      Path inside = Path.of("/").resolve(tree.subpath()).normalize();
      List<Path> sources =
          layers(tree.source()).stream()
              .map(layer -> layer.resolve(Path.of("/").relativize(inside)))
              .toList();
      end(Path.of(tree.target())).ifPresent(target -> trees.put(target, sources));
    }
  }

  /**
   * Checks the working directory of a step.
   *
   * @throws BuildFailure of kind UNSUPPORTED if it is below /proc or cannot be followed
   */
  static void check(StepRequest request) {
    String cwd = request.spec().process().cwd();
    Optional<Path> end = new OciWorkdir(request, request.trees()).end(Path.of(cwd));
    if (end.isEmpty() || isBelowProc(end.get())) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "working directory \""
              + cwd
              + "\" leads "
              + (end.isEmpty() ? "through too many links" : "below /proc")
              + ", where an OCI runtime may leave the container",
          "name another WORKDIR",
          null);
    }
  }

  /**
   * Where a mount's target leads, without links. A runtime looks its target up a second time to
   * make a mount read-only, and finds another once links of what is mounted there have a say.
   *
   * @param mounted trees that are there before
   * @throws BuildFailure of kind UNSUPPORTED if it is below /proc or cannot be followed
   */
  static String target(StepRequest request, List<RootfsMount> mounted, String path) {
    Optional<Path> end = new OciWorkdir(request, mounted).end(Path.of(path));
    if (end.isEmpty() || isBelowProc(end.get())) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "mount target \""
              + path
              + "\" leads "
              + (end.isEmpty() ? "through too many links" : "below /proc"),
          "name another target",
          null);
    }
    return end.get().toString();
  }

  /** The directories that make up a root file system, topmost first. */
  static List<Path> layers(Rootfs rootfs) {
    return switch (rootfs) {
      case Rootfs.Overlay overlay ->
          Stream.concat(Stream.of(overlay.upper()), overlay.lowers().stream()).toList();
      case Rootfs.Layers stack -> stack.lowers();
      case Rootfs.Directory directory -> List.of(directory.path());
    };
  }

  private static boolean isBelowProc(Path path) {
    return path.startsWith(PROC) && !path.equals(PROC);
  }

  /** Follows a path as far as below /proc; empty after too many links. */
  private Optional<Path> end(Path path) {
    Deque<Path> left = new ArrayDeque<>();
    path.forEach(left::addLast);
    Path at = Path.of("/");
    int links = 0;
    while (!left.isEmpty() && !isBelowProc(at)) {
      Path name = left.removeFirst();
      if (name.toString().equals("..")) {
        at = at.getParent() == null ? at : at.getParent();
        continue;
      }
      if (name.toString().equals(".") || name.toString().isEmpty()) {
        continue;
      }
      Path next = at.resolve(name);
      Optional<Path> link = link(next);
      if (link.isEmpty()) {
        at = next;
        continue;
      }
      if (++links > MOST_LINKS) {
        return Optional.empty();
      }
      if (link.get().isAbsolute()) {
        at = Path.of("/");
      }
      List<Path> names = new ArrayList<>();
      link.get().forEach(names::add);
      names.reversed().forEach(left::addFirst);
    }
    return Optional.of(at);
  }

  /** The text of what is at a path without links before its last name, if that is a link. */
  private Optional<Path> link(Path path) {
    List<Path> layers = root;
    Path inside = Path.of("/").relativize(path);
    int longest = 0;
    for (Map.Entry<Path, List<Path>> tree : trees.entrySet()) {
      Path target = tree.getKey();
      if (path.startsWith(target) && target.getNameCount() >= longest) {
        longest = target.getNameCount();
        layers = tree.getValue();
        inside = target.relativize(path);
      }
    }
    if (inside.toString().isEmpty()) {
      return Optional.empty(); // a mount point
    }
    for (Path layer : layers) {
      Path file = layer.resolve(inside);
      if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
        try {
          return Files.isSymbolicLink(file)
              ? Optional.of(Files.readSymbolicLink(file))
              : Optional.empty();
        } catch (IOException e) {
          throw new BuildFailure(
              BuildFailure.Kind.UNAVAILABLE, "cannot read " + path + ": " + e.getMessage(), e);
        }
      }
    }
    return Optional.empty();
  }
}
