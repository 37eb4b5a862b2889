package dev.jbuild.linux;

import java.time.Instant;

/**
 * What {@code statx(2)} says of one file, without following a link.
 *
 * @param dev device that holds the file, major in the high and minor in the low 32 bits
 * @param ino inode number
 * @param mode type and permission bits, as {@code st_mode}
 * @param nlink number of names
 * @param rdevMajor major number, of a device node; else 0
 * @param rdevMinor minor number, of a device node; else 0
 * @param size bytes
 * @param blocks allocated 512-byte blocks, so less than {@code size} where there are holes
 * @param mtime seconds since the epoch, may be negative
 * @param mtimeNanos 0 to 999,999,999
 * @param ctime seconds since the epoch of the last change of inode or content
 * @param ctimeNanos 0 to 999,999,999
 */
public record Stat(
    long dev,
    long ino,
    int mode,
    long nlink,
    int uid,
    int gid,
    int rdevMajor,
    int rdevMinor,
    long size,
    long blocks,
    long mtime,
    int mtimeNanos,
    long ctime,
    int ctimeNanos) {

  public FileType type() {
    return FileType.ofMode(mode);
  }

  /** The lower twelve bits: rwx of all three classes, setuid, setgid, sticky. */
  public int permissions() {
    return mode & 07777;
  }

  public boolean isDirectory() {
    return (mode & 0170000) == 0040000;
  }

  public boolean isRegular() {
    return (mode & 0170000) == 0100000;
  }

  public boolean isSymlink() {
    return (mode & 0170000) == 0120000;
  }

  /** Whether this is the character device 0:0 by which overlayfs marks a deleted name. */
  public boolean isOverlayWhiteout() {
    return (mode & 0170000) == 0020000 && rdevMajor == 0 && rdevMinor == 0;
  }

  /** The time of the last change of content, held within what {@link Instant} can say. */
  public Instant modified() {
    long seconds = Math.clamp(mtime, Instant.MIN.getEpochSecond(), Instant.MAX.getEpochSecond());
    return Instant.ofEpochSecond(seconds, mtimeNanos);
  }

  /** The user id as the unsigned number that it is. */
  public long owner() {
    return Integer.toUnsignedLong(uid);
  }

  /** The group id as the unsigned number that it is. */
  public long group() {
    return Integer.toUnsignedLong(gid);
  }
}
