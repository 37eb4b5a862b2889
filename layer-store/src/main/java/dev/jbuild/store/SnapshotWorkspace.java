package dev.jbuild.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;

/** A workspace as {@code snapshots/ID}, held by the handle's lease. */
final class SnapshotWorkspace implements Workspace {
  private final StoreLayout layout;
  private final Path path;

  private SnapshotWorkspace(StoreLayout layout, Path path) {
    this.layout = layout;
    this.path = path;
  }

  static SnapshotWorkspace open(StoreLayout layout, LeaseFile lease) {
    String id = UUID.randomUUID().toString();
    lease.holdSnapshot(id);
    Path path = layout.snapshots().resolve(id);
    try {
      Files.createDirectory(path);
      return new SnapshotWorkspace(layout, path);
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
      ScratchDirectory.deleteTree(layout.snapshots(), String.valueOf(path.getFileName()));
    } catch (IOException e) {
      throw DiskFailures.of("remove " + path, e);
    }
  }
}
