package dev.jbuild.store;

import java.util.List;

/** The leases of all processes that work on a root. Thread-safe. */
public interface Leases {

  /** Those whose process is alive, oldest first. */
  List<Lease> list();
}
