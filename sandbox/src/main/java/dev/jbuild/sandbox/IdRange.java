package dev.jbuild.sandbox;

/**
 * Ids of the machine that a step's own ids stand for: user and group 0 of the step are {@code uid}
 * and {@code gid} outside.
 *
 * @param uid the machine's id of the step's root
 * @param gid the machine's id of the step's root group
 * @param count how many ids the step has, of either kind
 */
public record IdRange(int uid, int gid, int count) {
  public IdRange {
    if (uid < 1 || gid < 1 || count < 1 || (long) Math.max(uid, gid) + count > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(
          "ids " + uid + ":" + gid + ":" + count + " are out of range");
    }
  }

  /** The text of uid_map. */
  String uidMap() {
    return "0 " + uid + " " + count + "\n";
  }

  /** The text of gid_map. */
  String gidMap() {
    return "0 " + gid + " " + count + "\n";
  }

  /** As {@code --userns-remap} takes it. */
  @Override
  public String toString() {
    return uid + ":" + gid + ":" + count;
  }
}
