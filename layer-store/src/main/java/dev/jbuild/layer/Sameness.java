package dev.jbuild.layer;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Whether two entries are the same as far as a layer can tell. Safe for use by many threads. */
public final class Sameness {
  private static final int CHUNK = 64 * 1024;

  private Sameness() {}

  static boolean sameAttributes(Attributes a, Attributes b, boolean time) {
    return a.mode() == b.mode()
        && a.uid() == b.uid()
        && a.gid() == b.gid()
        && (!time || a.mtime().equals(b.mtime()))
        && a.xattrs().equals(b.xattrs());
  }

  /** For anything but directories, where time and content count too. */
  static boolean sameFile(TreeEntry a, TreeEntry b) throws IOException {
    return a.type() == b.type()
        && sameAttributes(a.attributes(), b.attributes(), true)
        && sameContent(a, b);
  }

  /**
   * Of two entries of one type: the same bytes, target or device; two of a type that has no content
   * are the same.
   */
  public static boolean sameContent(TreeEntry a, TreeEntry b) throws IOException {
    return switch (a) {
      case TreeEntry.RegularFile file ->
          b instanceof TreeEntry.RegularFile other
              && file.size() == other.size()
              && sameBytes(file.content(), other.content());
      case TreeEntry.Symlink link ->
          b instanceof TreeEntry.Symlink other && link.target().equals(other.target());
      case TreeEntry.Device device ->
          b instanceof TreeEntry.Device other
              && device.major() == other.major()
              && device.minor() == other.minor();
      case TreeEntry.Fifo _, TreeEntry.Socket _, TreeEntry.Directory _ -> true;
      case TreeEntry.HardLink link ->
          b instanceof TreeEntry.HardLink other && link.target().equals(other.target());
    };
  }

  private static boolean sameBytes(ContentSource a, ContentSource b) throws IOException {
    if (a instanceof FileContent one
        && b instanceof FileContent other
        && one.stat().dev() == other.stat().dev()
        && one.stat().ino() == other.stat().ino()) {
      return true;
    }
    byte[] left = new byte[CHUNK];
    byte[] right = new byte[CHUNK];
    try (InputStream x = a.open();
        InputStream y = b.open()) {
      while (true) {
        int n = x.readNBytes(left, 0, CHUNK);
        int m = y.readNBytes(right, 0, CHUNK);
        if (n != m || !Arrays.equals(left, 0, n, right, 0, n)) {
          return false;
        }
        if (n < CHUNK) {
          return true;
        }
      }
    }
  }
}
