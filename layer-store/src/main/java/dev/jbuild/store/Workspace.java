package dev.jbuild.store;

import java.nio.file.Path;

/**
 * A directory on the store's file system for work that is going on. It vanishes on close, and with
 * the death of the process.
 */
public interface Workspace extends AutoCloseable {

  /** The directory, empty at first. */
  Path path();

  /**
   * Removes the directory and all that is in it: from its place at once, from the disk by the time
   * the store's handle is closed. Idempotent.
   */
  @Override
  void close();
}
