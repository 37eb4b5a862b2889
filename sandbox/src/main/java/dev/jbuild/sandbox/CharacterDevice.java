package dev.jbuild.sandbox;

import java.util.List;
import java.util.stream.Stream;

/**
 * A device that a step may use, by the numbers that the kernel gives it (its {@code devices.txt}).
 *
 * @param name of its node in /dev
 */
record CharacterDevice(String name, int major, int minor) {

  /** The nodes that Docker makes in each container's /dev. */
  static final List<CharacterDevice> NODES =
      List.of(
          new CharacterDevice("null", 1, 3),
          new CharacterDevice("zero", 1, 5),
          new CharacterDevice("full", 1, 7),
          new CharacterDevice("random", 1, 8),
          new CharacterDevice("urandom", 1, 9),
          new CharacterDevice("tty", 5, 0));

  /**
   * What may be opened: the nodes, and what makes pseudo terminals. These have the major number
   * {@link #PSEUDO_TERMINAL} and any minor one.
   */
  static final List<CharacterDevice> OPEN =
      Stream.concat(NODES.stream(), Stream.of(new CharacterDevice("ptmx", 5, 2))).toList();

  static final int PSEUDO_TERMINAL = 136;

  /** As mknod(2) takes it: both numbers are small enough for its oldest form. */
  long number() {
    return (long) major << 8 | minor;
  }
}
