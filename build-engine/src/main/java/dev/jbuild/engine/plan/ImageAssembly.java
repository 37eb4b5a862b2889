package dev.jbuild.engine.plan;

import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.oci.History;
import dev.jbuild.oci.ImageConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Completes an image config once its layers are known.
 *
 * <p>Times are those of the layers, so a build that finds everything in the cache gives the very
 * same config. An entry without a layer takes the time of the layer before it, or, in front of the
 * first new layer, of that one (BuildKit: normalizeLayersAndHistory).
 */
public final class ImageAssembly {
  private ImageAssembly() {}

  /**
   * @param epoch seconds since 1970 that no time of ours may exceed; null for no bound
   */
  public static ImageConfig assemble(Plan plan, List<StackLayer> layers, @Nullable Long epoch) {
    List<History> history = withLayerTimes(plan.history(), layers);
    history = filled(history);
    if (epoch != null) {
      history = clamped(history, plan.inherited(), Instant.ofEpochSecond(epoch));
    }
    Instant created = null;
    for (History entry : history) {
      created = entry.createdAt().orElse(created);
    }
    return plan.config()
        .withDiffIds(StackLayer.diffIds(layers))
        .withHistory(history)
        .withCreated(created);
  }

  private static List<History> withLayerTimes(List<History> history, List<StackLayer> layers) {
    List<History> timed = new ArrayList<>();
    int layer = 0;
    for (History entry : history) {
      if (entry.emptyLayer()) {
        timed.add(entry);
        continue;
      }
      Instant made = layer < layers.size() ? layers.get(layer).made() : null;
      layer++;
      timed.add(entry.createdAt().isEmpty() && made != null ? at(entry, made) : entry);
    }
    return timed;
  }

  private static List<History> filled(List<History> history) {
    Instant time = null;
    boolean gap = false;
    for (History entry : history) {
      if (entry.createdAt().isEmpty()) {
        gap = true;
      } else {
        time = entry.created();
        if (gap) {
          break;
        }
      }
    }
    List<History> filled = new ArrayList<>();
    gap = false;
    for (History entry : history) {
      if (entry.createdAt().isPresent()) {
        time = gap ? entry.created() : time;
        filled.add(entry);
      } else {
        gap = true;
        filled.add(time == null ? entry : at(entry, time));
      }
    }
    return filled;
  }

  private static List<History> clamped(List<History> history, int inherited, Instant latest) {
    List<History> clamped = new ArrayList<>(history);
    for (int i = inherited; i < clamped.size(); i++) {
      History entry = clamped.get(i);
      if (entry.createdAt().map(latest::isBefore).orElse(true)) {
        clamped.set(i, at(entry, latest));
      }
    }
    return clamped;
  }

  private static History at(History entry, Instant time) {
    return new History(
        time, entry.createdBy(), entry.author(), entry.comment(), entry.emptyLayer());
  }
}
