package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirEntry;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a directory tree looked like at one moment, told by inode numbers and change times: enough
 * to know later, without reading a file, which names were not touched.
 *
 * <p>A change of content, mode, owner, xattr or link count sets the ctime, which no program can set
 * back; a name that was replaced has another inode. File systems tick their clock coarsely, so a
 * change within the tick of the recording might not show: files last changed just before it count
 * as touched, and are then compared by what they are.
 *
 * <p>About 100 bytes a file. Immutable and thread-safe.
 */
public final class StatIndex {
  private final Map<BytePath, Recorded> files;
  private final Map<BytePath, List<BytePath>> children;

  /** More than the longest tick of a kernel's clock (HZ=100). */
  private static final Duration TICK = Duration.ofMillis(25);

  /** Files with an earlier ctime would show any change. */
  private final Instant settled;

  private record Recorded(
      long inode, long ctime, int ctimeNanos, long size, int mode, int uid, int gid) {
    static Recorded of(Stat stat) {
      return new Recorded(
          stat.ino(),
          stat.ctime(),
          stat.ctimeNanos(),
          stat.isDirectory() ? 0 : stat.size(),
          stat.mode(),
          stat.uid(),
          stat.gid());
    }
  }

  private StatIndex(
      Map<BytePath, Recorded> files, Map<BytePath, List<BytePath>> children, Instant settled) {
    this.files = files;
    this.children = children;
    this.settled = settled;
  }

  /** Records a tree that nobody changes meanwhile. Costs one stat a file. */
  public static StatIndex record(DirFd root) throws IOException {
    Map<BytePath, Recorded> files = new HashMap<>();
    Map<BytePath, List<BytePath>> children = new HashMap<>();
    record(root, BytePath.ROOT, files, children);
    return new StatIndex(files, children, Instant.now().minus(TICK));
  }

  private static void record(
      DirFd here,
      BytePath directory,
      Map<BytePath, Recorded> files,
      Map<BytePath, List<BytePath>> children)
      throws IOException {
    List<DirEntry> entries = here.list();
    BytePath[] paths = new BytePath[entries.size()];
    for (int i = 0; i < paths.length; i++) {
      BytePath name = entries.get(i).name();
      BytePath path = directory.resolve(name);
      paths[i] = path;
      Stat stat = here.stat(name);
      files.put(path, Recorded.of(stat));
      if (stat.isDirectory()) {
        try (DirFd inside = here.openDirectory(name)) {
          record(inside, path, files, children);
        }
      }
    }
    Arrays.sort(paths);
    children.put(directory, List.of(paths));
  }

  /** Number of names. */
  public int size() {
    return files.size();
  }

  /** Whether a name still stands for the same, unchanged file. */
  boolean isUntouched(BytePath path, Stat now) {
    Recorded before = files.get(path);
    return before != null
        && before.equals(Recorded.of(now))
        && Instant.ofEpochSecond(before.ctime, before.ctimeNanos).isBefore(settled);
  }

  /** The names that a directory held, in order; none if it was no directory. */
  List<BytePath> children(BytePath directory) {
    return new ArrayList<>(children.getOrDefault(directory, List.of()));
  }
}
