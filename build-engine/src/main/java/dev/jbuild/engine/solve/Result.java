package dev.jbuild.engine.solve;

import dev.jbuild.oci.DiffId;
import java.util.List;

/** What a vertex gives to those that need it. */
public sealed interface Result {

  /** A root file system as a stack of layers, bottom first; empty for scratch. */
  record Layers(List<DiffId> ids) implements Result {
    public Layers {
      ids = List.copyOf(ids);
    }
  }

  /** A tree of plain files, such as a build context. */
  record Files(String contextName) implements Result {}
}
