package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Adds file trees to a plan, and numbers them as jbuild-init will. */
final class Stacks {

  private final List<Op> ops;
  private final int maxLowers;
  private final boolean shifted;
  private int count;

  /**
   * Starts with none.
   *
   * @param shifted whether the trees are shown with the ids of the step's user namespace
   */
  Stacks(List<Op> ops, int maxLowers, boolean shifted) {
    this.shifted = shifted;
    this.ops = ops;
    this.maxLowers = maxLowers;
  }

  /** Adds a tree and returns its number. */
  int add(Rootfs rootfs, int asked) {
    int flags = asked | (shifted ? Op.Stack.ID_MAP : 0);
    switch (rootfs) {
      case Rootfs.Directory(Path path) -> ops.add(new Op.Directory(path.toString(), flags));
      case Rootfs.Overlay o ->
          layers(o.lowers(), o.userXattr(), flags, o.upper().toString(), o.work().toString());
      case Rootfs.Layers o -> layers(o.lowers(), o.userXattr(), flags | Op.Stack.READ_ONLY, "", "");
    }
    return count++;
  }

  private void layers(List<Path> paths, boolean userXattr, int flags, String upper, String work) {
    int xattr = userXattr ? Op.Stack.USER_XATTR : 0;
    List<Op.Lower> lowers =
        new ArrayList<>(paths.stream().map(p -> Op.Lower.of(p.toString())).toList());
    // One overlay takes only so many layers: the lowest go into stacks of their own.
    while (lowers.size() > maxLowers) {
      int from = lowers.size() - maxLowers;
      List<Op.Lower> group = List.copyOf(lowers.subList(from, lowers.size()));
      ops.add(new Op.Stack(xattr | (flags & Op.Stack.ID_MAP), group, "", "", ""));
      lowers.subList(from, lowers.size()).clear();
      lowers.add(Op.Lower.of(count++));
    }
    if (!shifted || upper.isEmpty()) {
      ops.add(new Op.Stack(flags | xattr, lowers, upper, work, ""));
      return;
    }
    Path first = Path.of(upper);
    Path second = Path.of(work);
    Path parent = first.getParent();
    if (parent == null || !parent.equals(second.getParent())) {
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL, "upper " + upper + " and work " + work + " are no siblings");
    }
    ops.add(
        new Op.Stack(
            flags | xattr,
            lowers,
            String.valueOf(first.getFileName()),
            String.valueOf(second.getFileName()),
            parent.toString()));
  }
}
