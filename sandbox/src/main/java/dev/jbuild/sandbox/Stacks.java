package dev.jbuild.sandbox;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Adds file trees to a plan, and numbers them as jbuild-init will. */
final class Stacks {

  private final List<Op> ops;
  private final int maxLowers;
  private int count;

  Stacks(List<Op> ops, int maxLowers) {
    this.ops = ops;
    this.maxLowers = maxLowers;
  }

  /** Adds a tree and returns its number. */
  int add(Rootfs rootfs, int flags) {
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
      ops.add(new Op.Stack(xattr, group, "", "", ""));
      lowers.subList(from, lowers.size()).clear();
      lowers.add(Op.Lower.of(count++));
    }
    ops.add(new Op.Stack(flags | xattr, lowers, upper, work, ""));
  }
}
