package dev.jbuild.engine.plan;

import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.oci.History;
import dev.jbuild.oci.ImageConfig;
import java.util.List;

/**
 * What one platform's image will be, but for its layers.
 *
 * @param rootfs whose result is the image's layers
 * @param config of the image; its diffIDs and times are filled in when the layers are known
 * @param inherited how many entries of the config's history come from the base image
 * @param steps all steps the target needs, in Dockerfile order
 */
public record Plan(Vertex rootfs, ImageConfig config, int inherited, List<Step> steps) {
  public Plan {
    steps = List.copyOf(steps);
  }

  /** The history, base image's first. */
  public List<History> history() {
    return config.history();
  }
}
