package dev.jbuild.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** A workspace as {@code snapshots/ID}, held by the handle's lease. */
final class SnapshotWorkspace implements Workspace {
  private final Disposal disposal;
  private final Path path;

  private SnapshotWorkspace(Disposal disposal, Path path) {
    this.disposal = disposal;
    this.path = path;
  }

  static SnapshotWorkspace open(StoreLayout layout, LeaseFile lease, Disposal disposal) {
    String id = UUID.randomUUID().toString();
    lease.holdSnapshot(id);
    Path path = layout.snapshots().resolve(id);
    try {
      Files.createDirectory(path);
      return new SnapshotWorkspace(disposal, path);
    } catch (IOException e) {
      throw DiskFailures.of("make a snapshot directory", e);
    }
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public void close() {
    try {
      disposal.dispose(path);
    } catch (IOException e) {
      throw DiskFailures.of("remove " + path, e);
    }
  }
}
