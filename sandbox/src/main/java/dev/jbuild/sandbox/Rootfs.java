package dev.jbuild.sandbox;

import java.nio.file.Path;
import java.util.List;

/**
 * The root file system of a step. All paths are absolute and in the executor's own view. The caller
 * owns the directories: a launcher never creates or removes them, and leaves no mount on them once
 * the step has ended, however it ended.
 */
public sealed interface Rootfs {

  /**
   * An overlay mounted by the launcher in the step's own mount namespace.
   *
   * @param lowers read-only layers, topmost first, at least one; any number (more than the kernel's
   *     500 are stacked)
   * @param upper where changes go; its own mode, owner and times are those of {@code /}
   * @param work an empty directory on the file system of {@code upper}
   * @param userXattr keep overlay marks in {@code user.overlay.*}, as a mount inside a user
   *     namespace must
   */
  record Overlay(List<Path> lowers, Path upper, Path work, boolean userXattr) implements Rootfs {
    public Overlay {
      lowers = List.copyOf(lowers);
      if (lowers.isEmpty()) {
        throw new IllegalArgumentException("an overlay needs at least one lower directory");
      }
    }
  }

  /**
   * Layers to be read only; not for the root of a step.
   *
   * @param lowers read-only layers, topmost first, at least one
   * @param userXattr as in {@link Overlay}
   */
  record Layers(List<Path> lowers, boolean userXattr) implements Rootfs {
    public Layers {
      lowers = List.copyOf(lowers);
      if (lowers.isEmpty()) {
        throw new IllegalArgumentException("a stack of layers needs at least one");
      }
    }
  }

  /** A directory used as it is; the step writes straight into it. */
  record Directory(Path path) implements Rootfs {}
}
