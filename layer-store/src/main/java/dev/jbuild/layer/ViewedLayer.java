package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.Errno;
import dev.jbuild.linux.ErrnoException;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One layer of a {@link LayeredView}. If its names are known, its directory is opened when one of
 * them is asked for, which is seldom. Thread-safe.
 */
final class ViewedLayer implements AutoCloseable {
  private final Path path;
  private final @Nullable LayerNames names;
  private final ReentrantLock opening = new ReentrantLock();
  private @Nullable DirFd opened;

  private ViewedLayer(Path path, @Nullable LayerNames names) {
    this.path = path;
    this.names = names;
  }

  static ViewedLayer open(Path path, Optional<LayerNames> names) throws IOException {
    ViewedLayer layer = new ViewedLayer(path, names.orElse(null));
    if (names.isEmpty()) {
      layer.directory();
    }
    return layer;
  }

  /** The layer's directory, valid until this is closed. */
  DirFd directory() throws IOException {
    opening.lock();
    try {
      DirFd known = opened;
      if (known == null) {
        known = DirFd.open(path);
        opened = known;
      }
      return known;
    } finally {
      opening.unlock();
    }
  }

  /** What the layer has at a path, marks included. */
  Optional<Stat> find(BytePath file) throws IOException {
    return names == null || names.has(file) ? directory().find(file) : Optional.empty();
  }

  /** As {@link #find}; also empty below a name that is no directory in this layer. */
  Optional<Stat> findHere(BytePath file) throws IOException {
    try {
      return find(file);
    } catch (ErrnoException e) {
      if (e.errno() == Errno.ELOOP) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Whether a directory of the layer hides what is below it. */
  boolean isOpaque(BytePath directory, Stat stat) throws IOException {
    return names != null
        ? names.isOpaque(directory)
        : LayerDirectory.mark(directory(), directory, stat) == LayerDirectory.Mark.OPAQUE;
  }

  /** Whether the layer's root hides all that is below it. */
  boolean hidesAll() throws IOException {
    return names != null
        ? names.isOpaque(BytePath.ROOT)
        : LayerDirectory.mark(directory(), BytePath.ROOT, directory().stat(BytePath.ROOT))
            == LayerDirectory.Mark.OPAQUE;
  }

  @Override
  public void close() {
    opening.lock();
    try {
      if (opened != null) {
        opened.close();
      }
    } finally {
      opening.unlock();
    }
  }
}
