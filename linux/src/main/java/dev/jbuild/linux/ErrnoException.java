package dev.jbuild.linux;

import java.io.IOException;

/**
 * A refused system call: the error number, the call and the path it was about.
 *
 * <p>The message reads {@code openat "usr/bin/x": no such file or directory (ENOENT)}.
 */
public final class ErrnoException extends IOException {
  private final int errno;
  private final String call;
  private final String path;

  public ErrnoException(int errno, String call, String path) {
    super(call + " \"" + path + "\": " + Errno.words(errno) + " (" + Errno.name(errno) + ")");
    this.errno = errno;
    this.call = call;
    this.path = path;
  }

  /** The error number; compare with the constants of {@link Errno}. */
  public int errno() {
    return errno;
  }

  /** The symbolic name, such as {@code ENOSPC}. */
  public String name() {
    return Errno.name(errno);
  }

  /** The system call that was refused. */
  public String call() {
    return call;
  }

  /** The path as it was given to the call, printable. */
  public String path() {
    return path;
  }

  /** Whether the file system, or the caller's share of it, is full. */
  public boolean isFull() {
    return errno == Errno.ENOSPC || errno == Errno.EDQUOT;
  }

  /** Whether the name, or a directory on the way to it, is not there. */
  public boolean isMissing() {
    return errno == Errno.ENOENT || errno == Errno.ENOTDIR;
  }
}
