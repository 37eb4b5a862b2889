package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;

/**
 * The name, and all below it, that lower layers have here is gone (OCI layer.md "Whiteouts").
 * Stored as {@code .wh.NAME} in a tar and as character device 0:0 in overlay form.
 */
public record Whiteout(BytePath path) implements TreeChange {
  public Whiteout {
    if (path.isRoot()) {
      throw new IllegalArgumentException("the root cannot be whited out");
    }
  }
}
