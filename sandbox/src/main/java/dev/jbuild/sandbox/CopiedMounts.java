package dev.jbuild.sandbox;

import static java.util.Objects.requireNonNull;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileSystemException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

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
  private static final int MAX_LINKS = 40;

  private final Path root;
  private final Deque<Undo> undo = new ArrayDeque<>();

  /** Directories whose times the placing changed: what they were, and what it made of them. */
  private final Map<Path, FileTime> before = new HashMap<>();

  private final Map<Path, FileTime> placed = new HashMap<>();

  private interface Undo {
    void run() throws IOException;
  }

  private CopiedMounts(Path root) {
    this.root = root;
  }

  static CopiedMounts place(Path root, StepRequest request) {
    CopiedMounts mounts = new CopiedMounts(root);
    try {
      record Target(String path, Undo add) {}
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
      for (Path directory : mounts.before.keySet()) {
        mounts.placed.put(directory, Files.getLastModifiedTime(directory));
      }
      return mounts;
    } catch (IOException e) {
      mounts.remove();
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          "mounts of the step cannot be placed: " + mounts.words(e),
          e);
    } catch (RuntimeException e) {
      mounts.remove();
      throw e;
    }
  }

  /** By the step's own names: the root's place is of no use to who reads it. */
  private String words(IOException e) {
    if (!(e instanceof FileSystemException failure) || failure.getFile() == null) {
      return String.valueOf(e.getMessage());
    }
    Path file = Path.of(failure.getFile());
    String named = file.startsWith(root) ? "/" + root.relativize(file) : file.toString();
    String reason =
        failure.getReason() == null
            ? e.getClass().getSimpleName().replaceFirst("Exception$", "")
            : failure.getReason();
    return "\"" + named + "\": " + reason;
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
        Path target = cover(mount.destination(), false);
        Files.copy(Path.of(source), target, StandardCopyOption.COPY_ATTRIBUTES);
      }
    } else if ("tmpfs".equals(mount.type())) {
      Path target = cover(mount.destination(), true);
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
    Path target = cover("/dev/shm", true);
    Files.createDirectory(target);
    Files.setAttribute(target, "unix:mode", 01777);
  }

  private void file(FileMount file) throws IOException {
    Path target = cover(file.target(), false);
    Files.createFile(target, PosixFilePermissions.asFileAttribute(Set.of()));
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
    Path source = resolve(real, tree.subpath(), false);
    Path target = cover(tree.target(), Files.isDirectory(source, LinkOption.NOFOLLOW_LINKS));
    if (tree.readOnly() || !Files.isDirectory(source)) {
      copy(source, target);
      return;
    }
    // Taken by the thread that starts the step, given back by the one that sees its end.
    Semaphore turn = MOVED_TREES.computeIfAbsent(source, _ -> new Semaphore(1));
    turn.acquireUninterruptibly();
    undo.push(turn::release);
    try {
      Files.move(source, target);
      undo.push(() -> {
        Path now = unchanged(target);
        Files.move(now, source);
      });
    } catch (FileSystemException _) {
      copy(source, target); // on another file system
      undo.push(() -> {
        Path now = unchanged(target);
        delete(source);
        copy(now, source);
      });
    }
  }

  /**
   * Makes room at a path: what is there is set aside, missing parents are made; both are undone.
   *
   * @param directory whether one goes there: as a mount, it is put on nothing else
   */
  private Path cover(String path, boolean directory) throws IOException {
    Path target = resolve(root, path, true);
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)
        && directory != Files.isDirectory(target, LinkOption.NOFOLLOW_LINKS)) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          "cannot bind: \"" + path + "\": " + (directory ? "not a directory" : "is a directory"));
    }
    List<Path> missing = new ArrayList<>();
    for (Path p = target.getParent();
        p != null && !Files.exists(p, LinkOption.NOFOLLOW_LINKS);
        p = p.getParent()) {
      missing.addFirst(p);
    }
    for (Path p : missing) {
      restoreTimesOfParent(p);
      Files.createDirectory(p);
      undo.push(() -> {
        try {
          Files.deleteIfExists(unchanged(p));
        } catch (DirectoryNotEmptyException _) {
          // The step put something there, so it stays.
        }
      });
    }
    restoreTimesOfParent(target);
    if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
      Path aside = root.resolveSibling(".jbuild-aside-" + System.nanoTime());
      Files.move(target, aside, StandardCopyOption.ATOMIC_MOVE);
      undo.push(() -> Files.move(aside, unchanged(target), StandardCopyOption.ATOMIC_MOVE));
    }
    undo.push(() -> {
      if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
        delete(unchanged(target));
      }
    });
    return target;
  }

  private void restoreTimesOfParent(Path child) throws IOException {
    Path parent = child.getParent();
    if (parent == null) {
      return;
    }
    if (!before.containsKey(parent)) {
      before.put(parent, Files.getLastModifiedTime(parent));
    }
    undo.push(() -> {
      FileTime time = before.get(parent);
      if (time != null && Files.isDirectory(parent, LinkOption.NOFOLLOW_LINKS)) {
        Files.setLastModifiedTime(unchanged(parent), time);
      }
    });
  }

  /** A directory that the step itself changed keeps the time of that. */
  private void keepTimesOfTheStep() throws IOException {
    for (Map.Entry<Path, FileTime> directory : placed.entrySet()) {
      Path path = directory.getKey();
      if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        FileTime now = Files.getLastModifiedTime(unchanged(path));
        if (!now.equals(directory.getValue())) {
          before.put(path, now);
        }
      }
    }
  }

  /** A path of the root that no link has been put into since it was resolved. */
  private Path unchanged(Path path) throws IOException {
    Path at = root;
    for (Path name : root.relativize(path.getParent() == null ? path : path.getParent())) {
      at = at.resolve(name);
      if (!name.toString().isEmpty() && Files.isSymbolicLink(at)) {
        throw new IOException(at + " has become a link");
      }
    }
    return path;
  }

  /** Follows links inside the root only; the last name is followed too, if it exists. */
  private static Path resolve(Path root, String path, boolean create) throws IOException {
    Deque<String> left = new ArrayDeque<>(List.of(path.split("/", -1)));
    Path at = root;
    int links = 0;
    while (!left.isEmpty()) {
      String name = left.pop();
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (name.equals("..")) {
        Path parent = at.getParent();
        at = at.equals(root) || parent == null ? root : parent;
        continue;
      }
      Path next = at.resolve(name);
      if (Files.isSymbolicLink(next)) {
        if (++links > MAX_LINKS) {
          throw new IOException(path + ": too many levels of symbolic links");
        }
        String link = Files.readSymbolicLink(next).toString();
        if (link.startsWith("/")) {
          at = root;
        }
        String[] names = link.split("/", -1);
        for (int i = names.length - 1; i >= 0; i--) {
          left.push(names[i]);
        }
      } else if (!create && !Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
        throw new BuildFailure(
            BuildFailure.Kind.NOT_FOUND, "\"" + path + "\": no such file or directory");
      } else {
        at = next;
      }
    }
    return at;
  }

  private static void own(Path path, int uid, int gid) throws IOException {
    Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(path, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
  }

  private static void copy(Path source, Path target) throws IOException {
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path dir, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectory(at(dir));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            if (attributes.isOther()) {
              copySpecial(file, at(file));
            } else {
              Files.copy(
                  file, at(file), StandardCopyOption.COPY_ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
            }
            like(file, at(file), attributes);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            like(dir, at(dir), Files.readAttributes(dir, BasicFileAttributes.class));
            return FileVisitResult.CONTINUE;
          }

          private Path at(Path path) {
            return target.resolve(source.relativize(path).toString());
          }
        });
  }

  /** A fifo, socket or device: opening it to copy it could wait for ever, or do something. */
  private static void copySpecial(Path from, Path to) throws IOException {
    try (DirFd source = DirFd.open(requireNonNull(from.getParent()));
        DirFd target = DirFd.open(requireNonNull(to.getParent()))) {
      Stat stat = source.stat(BytePath.of(from.getFileName().toString()));
      BytePath made = BytePath.of(to.getFileName().toString());
      target.mknod(
          made, stat.type(), stat.permissions() & 0777, stat.rdevMajor(), stat.rdevMinor());
      target.setModified(made, stat.mtime(), stat.mtimeNanos());
    }
  }

  private static void like(Path from, Path to, BasicFileAttributes attributes) throws IOException {
    Map<String, Object> unix =
        Files.readAttributes(from, "unix:uid,gid,mode", LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(to, "unix:uid", unix.get("uid"), LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(to, "unix:gid", unix.get("gid"), LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isSymbolicLink()) {
      Files.setAttribute(to, "unix:mode", (Integer) requireNonNull(unix.get("mode")) & 07777);
      if (!attributes.isOther()) { // Java would open it for that
        Files.setLastModifiedTime(to, attributes.lastModifiedTime());
      }
    }
  }

  private static void delete(Path path) throws IOException {
    Files.walkFileTree(
        path,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException failure)
              throws IOException {
            Files.delete(dir);
            return FileVisitResult.CONTINUE;
          }
        });
  }

  /** Takes everything out again, last first; what one undo cannot do stops no other. */
  void remove() {
    List<IOException> failures = new ArrayList<>();
    try {
      keepTimesOfTheStep();
    } catch (IOException e) {
      failures.add(e);
    }
    while (!undo.isEmpty()) {
      try {
        undo.pop().run();
      } catch (IOException e) {
        failures.add(e);
      }
    }
    if (!failures.isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.CONFLICT,
          "the step changed what was mounted for it: " + failures.getFirst().getMessage(),
          failures.getFirst());
    }
  }
}
