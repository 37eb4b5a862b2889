package dev.jbuild.sandbox;

/**
 * Ids of the machine that a step's own ids stand for: 0 in the step is {@code first} outside.
 *
 * @param first the machine's id of the step's root
 * @param count how many ids the step has
 */
public record IdRange(int first, int count) {
  public IdRange {
    if (first < 1 || count < 1 || (long) first + count > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("ids " + first + "+" + count + " are out of range");
    }
  }

  /** The text of uid_map and gid_map. */
  String map() {
    return "0 " + first + " " + count + "\n";
  }
}
