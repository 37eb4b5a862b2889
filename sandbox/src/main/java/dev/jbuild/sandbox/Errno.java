package dev.jbuild.sandbox;

/** Error numbers in words, for messages. */
enum Errno {
  EPERM(1, "operation not permitted"),
  ENOENT(2, "no such file or directory"),
  EIO(5, "input/output error"),
  E2BIG(7, "argument list too long"),
  ENOEXEC(8, "exec format error"),
  EAGAIN(11, "resource temporarily unavailable"),
  ENOMEM(12, "out of memory"),
  EACCES(13, "permission denied"),
  EBUSY(16, "device or resource busy"),
  EEXIST(17, "file exists"),
  ENODEV(19, "no such device"),
  ENOTDIR(20, "not a directory"),
  EISDIR(21, "is a directory"),
  EINVAL(22, "invalid argument"),
  ENFILE(23, "too many open files in the system"),
  EMFILE(24, "too many open files"),
  ETXTBSY(26, "text file busy"),
  ENOSPC(28, "no space left on device"),
  EROFS(30, "read-only file system"),
  ENAMETOOLONG(36, "file name too long"),
  ENOSYS(38, "the kernel does not know the call"),
  ELOOP(40, "too many levels of symbolic links"),
  EOVERFLOW(75, "value too large"),
  ESTALE(116, "stale file handle"),
  EDQUOT(122, "disk quota exceeded");

  private final int number;
  private final String words;

  Errno(int number, String words) {
    this.number = number;
    this.words = words;
  }

  boolean is(int errno) {
    return errno == number;
  }

  static String words(int number) {
    for (Errno errno : values()) {
      if (errno.is(number)) {
        return errno.words;
      }
    }
    return "error " + number;
  }
}
