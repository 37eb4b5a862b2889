package dev.jbuild.engine.cache;

import dev.jbuild.oci.Digest;
import java.util.List;

/**
 * A result that was made once.
 *
 * @param key what it was found or stored under
 * @param fields the key's inputs, spelled out
 * @param layers of the whole root file system after the step, bottom first
 * @param created milliseconds since 1970
 */
public record CacheRecord(
    Digest key, List<CacheKey.Field> fields, List<StackLayer> layers, long created) {
  public CacheRecord {
    fields = List.copyOf(fields);
    layers = List.copyOf(layers);
  }
}
