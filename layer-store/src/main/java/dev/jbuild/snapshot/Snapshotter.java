package dev.jbuild.snapshot;

import dev.jbuild.oci.DiffId;
import java.util.List;

/** Makes writable root file systems. Thread-safe. */
public interface Snapshotter {

  /**
   * A writable root file system that holds what the layers hold; layers that are not unpacked yet
   * are unpacked first, several at a time.
   *
   * @param parents bottom first; none for an empty root
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND} if a layer cannot be had
   */
  ActiveSnapshot prepare(List<DiffId> parents);
}
