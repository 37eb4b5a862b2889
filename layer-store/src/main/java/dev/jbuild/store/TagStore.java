package dev.jbuild.store;

import dev.jbuild.oci.Descriptor;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Names for manifests and indexes: the entries of the layout's {@code index.json}, by their {@code
 * org.opencontainers.image.ref.name}.
 *
 * <p>Names are kept as given ({@code "hello:latest"}, {@code "127.0.0.1:5000/x:1"}); whoever reads
 * names from people completes them first. Each change replaces {@code index.json} as a whole, so
 * that readers, other tools included, see the old or the new. What a tag reaches is never
 * collected. Thread-safe, also between processes.
 */
public interface TagStore {

  /** What the name stands for. */
  Optional<Descriptor> get(String name);

  /**
   * Makes the name stand for {@code target}, instead of what it stood for before. Durable on
   * return.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND} if the target is not in the store
   */
  void put(String name, Descriptor target);

  /** Removes the name; false if there was none. What it stood for goes at the next collection. */
  boolean remove(String name);

  /** All names and what they stand for, sorted. */
  SortedMap<String, Descriptor> list();
}
