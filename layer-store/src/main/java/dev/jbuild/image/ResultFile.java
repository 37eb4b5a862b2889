package dev.jbuild.image;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A file that a command writes where a person said: an archive, a digest.
 *
 * <p>A regular file appears whole or not at all. What is none keeps its place and is written to,
 * for renaming over it would put a file where {@code /dev/stdout} or a pipe was; so does a file
 * that cannot be renamed over, because it is a mount point ({@code /dev/termination-log} of a pod)
 * or because its directory is not ours to write to.
 */
public final class ResultFile {
  private ResultFile() {}

  /** What goes into the file; may be called twice. */
  public interface Content {
    void writeTo(OutputStream out) throws IOException;
  }

  /**
   * Tells before the work that makes the content whether there is a place for it. Nothing is
   * written.
   *
   * @param what the flag that named the file, for the message
   * @throws BuildFailure of kind {@code USER} if the file cannot be written
   */
  public static void check(String what, Path file) {
    String problem = problem(file.toAbsolutePath());
    if (problem != null) {
      throw new BuildFailure(Kind.USER, what + " \"" + file + "\": " + problem);
    }
  }

  private static @Nullable String problem(Path file) {
    if (Files.isDirectory(file)) {
      return "is a directory";
    }
    if (Files.exists(file)) {
      return Files.isWritable(file) || Files.isWritable(directory(file))
          ? null
          : "there is no permission to write it";
    }
    Path directory = directory(file);
    if (!Files.isDirectory(directory)) {
      return "there is no directory \"" + directory + "\"";
    }
    return Files.isWritable(directory) ? null : "\"" + directory + "\" cannot be written to";
  }

  /** Writes the file; one that was there is replaced, with the mode {@code rw-r--r--}. */
  public static void write(Path file, Content content) throws IOException {
    Path target = target(file.toAbsolutePath());
    if (Files.isDirectory(target)) {
      throw new FileSystemException(target.toString(), null, "is a directory");
    }
    if (Files.exists(target) && (isDevice(target) || !Files.isRegularFile(target))) {
      inPlace(target, content);
      return;
    }
    // Hidden and short: the name itself may be as long as names can be.
    Path part = directory(target).resolve(".jbuild-" + UUID.randomUUID() + ".part");
    try {
      try (OutputStream out = Files.newOutputStream(part, StandardOpenOption.CREATE_NEW)) {
        content.writeTo(out);
      } catch (FileSystemException e) {
        if (!Files.exists(part) && Files.isWritable(target)) {
          inPlace(target, content);
          return;
        }
        throw Files.exists(part) ? e : unwritable(target, e);
      }
      Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-r--r--"));
      try {
        Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
      } catch (FileSystemException e) {
        // EBUSY: a mount point
        if (!Files.isRegularFile(target)) {
          throw unwritable(target, e);
        }
        inPlace(target, out -> Files.copy(part, out));
      }
    } finally {
      Files.deleteIfExists(part);
    }
  }

  /** What a link names is replaced, and not the link. */
  private static Path target(Path file) throws IOException {
    return Files.isSymbolicLink(file) && Files.isRegularFile(file) && !isDevice(file)
        ? file.toRealPath()
        : file;
  }

  /** Below /proc/self/fd and /dev a regular file is what somebody redirected a stream to. */
  private static boolean isDevice(Path file) {
    return (file.startsWith("/dev") && !file.startsWith("/dev/shm")) || file.startsWith("/proc");
  }

  private static void inPlace(Path target, Content content) throws IOException {
    StandardOpenOption how =
        isDevice(target) ? StandardOpenOption.APPEND : StandardOpenOption.TRUNCATE_EXISTING;
    try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.WRITE, how)) {
      content.writeTo(out);
    }
  }

  /** Tells of the file that was asked for, not of the one beside it. */
  private static IOException unwritable(Path target, FileSystemException e) {
    return e instanceof AccessDeniedException
        ? new AccessDeniedException(target.toString())
        : new FileSystemException(
            target.toString(),
            null,
            e instanceof java.nio.file.NoSuchFileException
                ? "no such directory"
                : e.getReason() == null ? "cannot be written" : e.getReason());
  }

  private static Path directory(Path file) {
    return file.getParent() == null ? file : file.getParent();
  }
}
