package dev.jbuild.engine.cache;

import dev.jbuild.oci.Digest;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A result that was made once.
 *
 * @param key what it was found or stored under
 * @param fields the key's inputs, spelled out
 * @param layers of the whole root file system after the step, bottom first
 * @param contentKey the same result's key by what its inputs held; null if it is not known
 * @param origin the cache it was imported from; empty if it was made here
 */
public record CacheRecord(
    Digest key,
    List<CacheKey.Field> fields,
    List<StackLayer> layers,
    @Nullable Digest contentKey,
    String origin) {
  public CacheRecord {
    fields = List.copyOf(fields);
    layers = List.copyOf(layers);
  }

  /** A result made here. */
  public static CacheRecord of(CacheKey key, List<StackLayer> layers, @Nullable Digest content) {
    return new CacheRecord(key.digest(), key.fields(), layers, content, "");
  }

  /** The result's key by what its inputs held, if it is known. */
  public Optional<Digest> content() {
    return Optional.ofNullable(contentKey);
  }

  /** The same result under another key. */
  public CacheRecord under(CacheKey other) {
    return new CacheRecord(other.digest(), other.fields(), layers, contentKey, origin);
  }
}
