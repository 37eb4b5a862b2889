package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The content of a file on disk, opened beneath its tree's directory and never through a link.
 *
 * @param stat as it was when the tree was read: key of digest memory, and what a writer checks the
 *     bytes against
 */
public record FileContent(DirFd root, BytePath path, Stat stat) implements ContentSource {

  @Override
  public InputStream open() throws IOException {
    return openFile().inputStream();
  }

  /** The file itself, for readers that want the bytes in memory of their own. */
  FileFd openFile() throws IOException {
    return root.openRead(path);
  }

  @Override
  public List<Extent> extents(long size) throws IOException {
    // A file whose blocks cover its size has no hole worth a look.
    if (stat.blocks() * 512 >= size) {
      return ContentSource.super.extents(size);
    }
    List<Extent> extents = new ArrayList<>();
    try (FileFd file = root.openRead(path)) {
      long at = 0;
      while (at < size) {
        Optional<Long> data = file.nextData(at);
        if (data.isEmpty() || data.get() >= size) {
          break;
        }
        long end = Math.min(file.nextHole(data.get()), size);
        extents.add(new Extent(data.get(), end - data.get()));
        at = end;
      }
    }
    return extents;
  }

  @Override
  public Optional<LinkKey> link() {
    return stat.nlink() > 1 ? Optional.of(new LinkKey(stat.dev(), stat.ino())) : Optional.empty();
  }
}
