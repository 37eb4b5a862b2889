package dev.jbuild.layer;

import java.util.List;

/**
 * One hostile tar of the catalogue.
 *
 * @param name what it tries
 * @param bytes the tar
 * @param refused whether the whole layer is refused; else the trick is contained
 * @param expected words of the refusal; or what is in the target afterwards: all that is not a
 *     directory with content, "outside" standing for {@link #OUTSIDE} below the target
 */
record Trick(String name, byte[] bytes, boolean refused, List<String> expected) {
  /** Where the host's files are, for tars that aim at them. */
  static final String OUTSIDE = "/tmp/jbuild-breakout-" + ProcessHandle.current().pid();

  static Trick refused(String name, byte[] bytes, String message) {
    return new Trick(name, bytes, true, List.of(message));
  }

  static Trick contained(String name, byte[] bytes, String... entries) {
    return new Trick(name, bytes, false, List.of(entries));
  }

  /** A tar to add entries to. */
  static RawTar tar() {
    return new RawTar();
  }

  @Override
  public String toString() {
    return name;
  }
}
