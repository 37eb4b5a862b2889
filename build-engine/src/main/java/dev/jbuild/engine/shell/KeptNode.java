package dev.jbuild.engine.shell;

import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.util.List;

/** Where the layers of a vertex are to be had. */
public sealed interface KeptNode {

  /** These. */
  record Layers(List<DiffId> layers) implements KeptNode {
    public Layers {
      layers = List.copyOf(layers);
    }
  }

  /** Those of the cache record under a key. */
  record Key(Digest key) implements KeptNode {}

  /** Those of other nodes, by number, one on top of the other. */
  record Stack(List<Integer> nodes) implements KeptNode {
    public Stack {
      nodes = List.copyOf(nodes);
    }
  }

  /** Nowhere: the build did not come to it, or it is no root file system. */
  record Unknown() implements KeptNode {}
}
