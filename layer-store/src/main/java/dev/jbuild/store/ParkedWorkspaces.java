package dev.jbuild.store;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Workspaces between two uses, a few at most: the one that waits longest goes first. They are the
 * handle's, so its lease holds them and its end, or the death of the process, drops them.
 */
final class ParkedWorkspaces implements AutoCloseable {
  private static final int MAX = 2;

  private final Map<String, Workspace> parked = new LinkedHashMap<>();
  private boolean closed;

  void park(String key, Workspace workspace) {
    Workspace dropped = put(key, workspace);
    if (dropped != null) {
      dropped.close();
    }
  }

  /** What there is no room for. */
  private synchronized @org.jspecify.annotations.Nullable Workspace put(
      String key, Workspace workspace) {
    if (closed) {
      return workspace;
    }
    Workspace same = parked.put(key, workspace);
    if (same != null || parked.size() <= MAX) {
      return same;
    }
    Iterator<Workspace> oldest = parked.values().iterator();
    Workspace dropped = oldest.next();
    oldest.remove();
    return dropped;
  }

  synchronized Optional<Workspace> unpark(String key) {
    return Optional.ofNullable(parked.remove(key));
  }

  @Override
  public synchronized void close() {
    closed = true;
    parked.values().forEach(Workspace::close);
    parked.clear();
  }
}
