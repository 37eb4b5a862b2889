package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import java.nio.file.NoSuchFileException;
import java.util.List;
import java.util.Optional;

/** What {@code FROM scratch} starts from. */
enum EmptyTree implements FileTree {
  INSTANCE;

  @Override
  public Optional<TreeEntry> find(BytePath path) {
    return path.isRoot()
        ? Optional.of(new TreeEntry.Directory(BytePath.ROOT, Attributes.DIRECTORY))
        : Optional.empty();
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws NoSuchFileException {
    if (!directory.isRoot()) {
      throw new NoSuchFileException(directory.toString());
    }
    return List.of();
  }
}
