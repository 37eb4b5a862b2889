package dev.jbuild.sandbox;

import static java.util.Objects.requireNonNull;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Copies and removes whole trees: every kind of file, with owners, modes and times, and no link
 * followed. Hard links become files of their own.
 */
final class FileTrees {

  private FileTrees() {}

  /**
   * Makes a copy at a path where there is nothing yet.
   *
   * @param source a directory or anything else; a link is copied as one
   */
  static void copy(Path source, Path target) throws IOException {
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

  /** Removes a directory with all that is below it, or anything else. */
  static void delete(Path path) throws IOException {
    try (DirFd parent = DirFd.open(requireNonNull(path.getParent()))) {
      parent.deleteTree(BytePath.of(requireNonNull(path.getFileName()).toString()));
    }
  }
}
