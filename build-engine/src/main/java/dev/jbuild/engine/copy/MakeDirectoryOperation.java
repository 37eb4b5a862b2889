package dev.jbuild.engine.copy;

import dev.jbuild.engine.graph.Op;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import java.io.IOException;
import java.time.Instant;

/**
 * WORKDIR: makes a directory and its missing parents, mode 0755, owned by the user in force; one
 * that is there already is left alone.
 */
public final class MakeDirectoryOperation {
  private MakeDirectoryOperation() {}

  /**
   * @param target the layer in the making, over the root file system before the step
   * @param now the time of directories that did not exist
   */
  public static void apply(Op.MakeDirectory make, LayerBuilder target, Instant now)
      throws IOException {
    FileTree.Resolved place = target.resolve(SourceSelection.path(make.path()));
    if (place.entry().isPresent()) {
      if (!place.isDirectory()) {
        throw new BuildFailure(Kind.USER, "\"" + make.path() + "\" is not a directory");
      }
      return;
    }
    Ownership owner = owner(make.user(), target);
    new Directories(target, now)
        .make(place.path(), Attributes.of(0755, owner.uid(), owner.gid(), now));
  }

  private static Ownership owner(String user, LayerBuilder target) throws IOException {
    if (user.isEmpty()) {
      return Ownership.ROOT;
    }
    try {
      return Ownership.resolve(user, target);
    } catch (BuildFailure unknown) {
      // A USER that no passwd file knows fails when something runs as it; WORKDIR runs nothing, and
      // images without a passwd file that name one build everywhere else.
      return Ownership.ROOT;
    }
  }
}
