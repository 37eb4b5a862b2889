package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;

/** One line of a layer: something at a path is new or different, or is gone. */
public sealed interface TreeChange permits TreeEntry, Whiteout, OpaqueMark {
  /** Where, from the root of the image. */
  BytePath path();
}
