package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;

/**
 * What takes the place of mounts where none can be made: files and trees are put into the root
 * before a step and taken out after it, what they covered comes back, and parents get their times
 * again.
 *
 * <p>A writable tree, such as a cache, is moved in and out by rename, so that it is never copied;
 * two steps that share one take turns. Everything else is copied.
 *
 * <p>Nothing of the step runs while this works, before or after it; but what the step left may hold
 * links. Paths are therefore resolved name by name inside the root, and after the step no name on
 * the way may have become a link.
 */
final class CopiedMounts {

  private static final Map<Path, Semaphore> MOVED_TREES = new ConcurrentHashMap<>();

  private final RootPaths paths;
  private final CoveredPlaces places;
  private final List<Path> files = new ArrayList<>();

  private CopiedMounts(Path root) {
    this.paths = new RootPaths(root);
    this.places = new CoveredPlaces(paths);
  }

  /**
   * Puts all that the step is to see into its root.
   *
   * @throws BuildFailure if that cannot be done; then the root is as it was
   */
  static CopiedMounts place(Path root, StepRequest request) {
    CopiedMounts mounts = new CopiedMounts(root);
    try {
      interface Placing {
        void run() throws IOException;
      }
      record Target(String path, Placing add) {}
      List<Target> targets = new ArrayList<>();
      targets.add(new Target("/dev/shm", () -> mounts.sharedMemory()));
      request.trees().forEach(t -> targets.add(new Target(t.target(), () -> mounts.tree(t))));
      request.files().forEach(f -> targets.add(new Target(f.target(), () -> mounts.file(f))));
      Set<String> defaults = new HashSet<>();
      DefaultSpec.mounts(0).forEach(m -> defaults.add(m.destination()));
      for (RuntimeSpec.Mount mount : request.spec().mounts()) {
        if (defaults.contains(mount.destination())) {
          continue;
        }
        targets.add(new Target(mount.destination(), () -> mounts.mount(mount)));
      }
      targets.sort(Comparator.comparing(t -> Path.of(t.path).normalize()));
      for (Target target : targets) {
        target.add.run();
      }
      mounts.places.complete();
      return mounts;
    } catch (IOException e) {
      mounts.remove();
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          "mounts of the step cannot be placed: " + mounts.paths.words(e),
          e);
    } catch (RuntimeException e) {
      mounts.remove();
      throw e;
    }
  }

  private void mount(RuntimeSpec.Mount mount) throws IOException {
    MountOptions options = MountOptions.parse(mount);
    String source = mount.source();
    if (options.bind() && source != null) {
      boolean readOnly = (options.flags() & MountOptions.RDONLY) != 0;
      if (Files.isDirectory(Path.of(source))) {
        tree(
            new RootfsMount(
                mount.destination(), new Rootfs.Directory(Path.of(source)), "/", readOnly));
      } else {
        Path target = places.cover(mount.destination(), false);
        Files.copy(Path.of(source), target, StandardCopyOption.COPY_ATTRIBUTES);
      }
    } else if ("tmpfs".equals(mount.type())) {
      Path target = places.cover(mount.destination(), true);
      Files.createDirectory(target);
      for (String option : mount.options()) {
        if (option.startsWith("mode=")) {
          Files.setAttribute(target, "unix:mode", Integer.parseInt(option.substring(5), 8));
        }
      }
    } else {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "mount of type \""
              + mount.type()
              + "\" at \""
              + mount.destination()
              + "\" cannot be made with isolation chroot");
    }
  }

  private void sharedMemory() throws IOException {
    Path target = places.cover("/dev/shm", true);
    Files.createDirectory(target);
    Files.setAttribute(target, "unix:mode", 01777);
  }

  /** Where the files were made that are in memory elsewhere, secrets among them. */
  List<Path> files() {
    return List.copyOf(files);
  }

  private void file(FileMount file) throws IOException {
    Path target = places.cover(file.target(), false);
    Files.createFile(target, PosixFilePermissions.asFileAttribute(Set.of()));
    files.add(target);
    Files.write(target, file.content());
    own(target, file.uid(), file.gid());
    Files.setAttribute(target, "unix:mode", file.mode());
  }

  private void tree(RootfsMount tree) throws IOException {
    if (!(tree.source() instanceof Rootfs.Directory(Path directory))) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "layers at \"" + tree.target() + "\" cannot be mounted with isolation chroot",
          "unpack them to a directory first",
          null);
    }
    Path real = directory.toRealPath();
    Path source = new RootPaths(real).existing(tree.subpath());
    Path target = places.cover(tree.target(), Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS));
    if (tree.readOnly() || !Files.isDirectory(source)) {
      FileTrees.copy(source, target);
      return;
    }
    // Taken by the thread that starts the step, given back by the one that sees its end.
    Semaphore turn = MOVED_TREES.computeIfAbsent(source, _ -> new Semaphore(1));
    turn.acquireUninterruptibly();
    places.afterwards(turn::release);
    try {
      Files.move(source, target);
      places.afterwards(() -> Files.move(paths.unchanged(target), source));
    } catch (FileSystemException _) {
      FileTrees.copy(source, target); // on another file system
      places.afterwards(() -> {
        Path now = paths.unchanged(target);
        FileTrees.delete(source);
        FileTrees.copy(now, source);
      });
    }
  }

  private static void own(Path path, int uid, int gid) throws IOException {
    Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(path, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * Takes everything out again.
   *
   * @throws BuildFailure of kind CONFLICT if the step made that impossible
   */
  void remove() {
    places.uncover();
  }
}
