package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;

/**
 * Turns what the file system of the store says into a failure that a person can act on: for the
 * store itself and for those who keep files in its directories.
 */
public final class DiskFailures {
  private DiskFailures() {}

  /**
   * @param doing what was going on, naming the object: {@code "store blob sha256:…"}
   */
  public static BuildFailure of(String doing, IOException cause) {
    if (isFull(cause)) {
      return new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          doing + ": no space left on the store's file system",
          "run \"jbuild prune\", or put the store on a larger disk with --root",
          cause);
    }
    if (cause instanceof AccessDeniedException denied) {
      return new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          doing + ": no permission for " + denied.getFile(),
          "choose a store of your own with --root or JBUILD_ROOT",
          cause);
    }
    if (cause instanceof NoSuchFileException missing) {
      return new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, doing + ": " + missing.getFile() + " is gone", cause);
    }
    return new BuildFailure(BuildFailure.Kind.UNAVAILABLE, doing + ": " + reason(cause), cause);
  }

  /** Whether the cause is ENOSPC or EDQUOT. The JDK says so in words only. */
  static boolean isFull(IOException e) {
    String reason = reason(e).toLowerCase(Locale.ROOT);
    return reason.contains("no space left") || reason.contains("quota exceeded");
  }

  private static String reason(IOException e) {
    if (e instanceof FileSystemException file && file.getReason() != null) {
      return file.getFile() + ": " + file.getReason();
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
