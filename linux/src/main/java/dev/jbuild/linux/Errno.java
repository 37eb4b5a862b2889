package dev.jbuild.linux;

/** Error numbers shared by all architectures that jbuild runs on, with their names and words. */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int EEXIST = 17;
  public static final int EXDEV = 18;
  public static final int ENODEV = 19;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int EMFILE = 24;
  public static final int ENOTTY = 25;
  public static final int EFBIG = 27;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int EMLINK = 31;
  public static final int ERANGE = 34;
  public static final int ENAMETOOLONG = 36;
  public static final int ENOSYS = 38;
  public static final int ENOTEMPTY = 39;
  public static final int ELOOP = 40;
  public static final int ENODATA = 61;
  public static final int EOVERFLOW = 75;
  public static final int EOPNOTSUPP = 95;
  public static final int EDQUOT = 122;

  private Errno() {}

  /** The symbolic name, such as {@code ENOENT}. */
  public static String name(int errno) {
    String known = table(errno);
    return known.substring(0, known.indexOf(' '));
  }

  /** The meaning in words, lower case. */
  public static String words(int errno) {
    String known = table(errno);
    return known.substring(known.indexOf(' ') + 1);
  }

  private static String table(int errno) {
    return switch (errno) {
      case EPERM -> "EPERM operation not permitted";
      case ENOENT -> "ENOENT no such file or directory";
      case EINTR -> "EINTR interrupted";
      case EIO -> "EIO input/output error";
      case ENXIO -> "ENXIO no such device or address";
      case EBADF -> "EBADF bad file descriptor";
      case EAGAIN -> "EAGAIN resource temporarily unavailable";
      case 12 -> "ENOMEM out of memory";
      case EACCES -> "EACCES permission denied";
      case 16 -> "EBUSY device or resource busy";
      case EEXIST -> "EEXIST file exists";
      case EXDEV -> "EXDEV crosses a device or leaves the directory";
      case ENODEV -> "ENODEV no such device";
      case ENOTDIR -> "ENOTDIR not a directory";
      case EISDIR -> "EISDIR is a directory";
      case EINVAL -> "EINVAL invalid argument";
      case 23 -> "ENFILE too many open files in the system";
      case EMFILE -> "EMFILE too many open files";
      case ENOTTY -> "ENOTTY operation not known to this file";
      case 26 -> "ETXTBSY file is being executed";
      case EFBIG -> "EFBIG file too large";
      case ENOSPC -> "ENOSPC no space left on device";
      case 29 -> "ESPIPE cannot seek";
      case EROFS -> "EROFS read-only file system";
      case EMLINK -> "EMLINK too many links";
      case 32 -> "EPIPE broken pipe";
      case ERANGE -> "ERANGE result too large";
      case ENAMETOOLONG -> "ENAMETOOLONG file name too long";
      case ENOSYS -> "ENOSYS system call not available";
      case ENOTEMPTY -> "ENOTEMPTY directory not empty";
      case ELOOP -> "ELOOP a symbolic link is in the way";
      case ENODATA -> "ENODATA no such attribute";
      case EOVERFLOW -> "EOVERFLOW value too large";
      case EOPNOTSUPP -> "EOPNOTSUPP operation not supported";
      case 116 -> "ESTALE stale file handle";
      case EDQUOT -> "EDQUOT disk quota exceeded";
      default -> "E" + errno + " error " + errno;
    };
  }
}
