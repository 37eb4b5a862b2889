package dev.jbuild.layer;

import java.time.Instant;

/**
 * What a layer keeps of a file beside its kind and content.
 *
 * @param mode the twelve permission bits, setuid, setgid and sticky included; 0777 for a symlink
 * @param uid owner, 0 to 2^32-2
 * @param gid group, 0 to 2^32-2
 * @param mtime time of last change, to the nanosecond, also before 1970
 * @param xattrs what {@link XattrPolicy} lets into layers
 */
public record Attributes(int mode, long uid, long gid, Instant mtime, Xattrs xattrs) {
  /** Root's directory with mode 0755 from the epoch: what a directory nobody described is. */
  public static final Attributes DIRECTORY = of(0755, 0, 0, Instant.EPOCH);

  private static final long MAX_ID = 0xffff_fffeL;

  public Attributes {
    if ((mode & ~07777) != 0) {
      throw new IllegalArgumentException(
          "mode 0" + Integer.toOctalString(mode) + " is above 07777");
    }
    if (uid < 0 || uid > MAX_ID || gid < 0 || gid > MAX_ID) {
      throw new IllegalArgumentException("owner " + uid + ":" + gid + " is out of range");
    }
  }

  public static Attributes of(int mode, long uid, long gid, Instant mtime) {
    return new Attributes(mode, uid, gid, mtime, Xattrs.NONE);
  }

  public Attributes withMode(int mode) {
    return new Attributes(mode, uid, gid, mtime, xattrs);
  }

  public Attributes withOwner(long uid, long gid) {
    return new Attributes(mode, uid, gid, mtime, xattrs);
  }

  public Attributes withMtime(Instant mtime) {
    return new Attributes(mode, uid, gid, mtime, xattrs);
  }

  public Attributes withXattrs(Xattrs xattrs) {
    return new Attributes(mode, uid, gid, mtime, xattrs);
  }
}
