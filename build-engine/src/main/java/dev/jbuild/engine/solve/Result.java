package dev.jbuild.engine.solve;

import dev.jbuild.engine.cache.StackLayer;
import java.util.List;

/** What a vertex gives to those that need it. */
public sealed interface Result {

  /** A root file system as a stack of layers, bottom first; empty for scratch. */
  record Layers(List<StackLayer> layers) implements Result {
    public Layers {
      layers = List.copyOf(layers);
    }
  }

  /** A tree of plain files, such as a build context. */
  record Files(String contextName) implements Result {}
}
