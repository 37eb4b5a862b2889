package dev.jbuild.engine.source;

import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Downloads as a tree: each alone in a directory named by its number, for two may have one name.
 * Files have mode 0600 and the server's time (semantics 71).
 */
public final class DownloadTree implements FileTree {
  private final List<TreeEntry> files = new ArrayList<>();

  /** Adds the next file under its own name. */
  public void add(String name, Download download) {
    BytePath path = directory(files.size()).resolve(BytePath.of(name));
    files.add(
        new TreeEntry.RegularFile(
            path,
            Attributes.of(0600, 0, 0, download.modified()),
            download.size(),
            () -> Files.newInputStream(download.file())));
  }

  private static BytePath directory(int number) {
    return BytePath.of(String.valueOf(number));
  }

  @Override
  public Optional<TreeEntry> find(BytePath path) {
    for (int i = 0; i < files.size(); i++) {
      if (files.get(i).path().equals(path)) {
        return Optional.of(files.get(i));
      }
      if (path.isRoot() || path.equals(directory(i))) {
        return Optional.of(new TreeEntry.Directory(path, Attributes.DIRECTORY));
      }
    }
    return Optional.empty();
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws NoSuchFileException {
    List<TreeEntry> found = new ArrayList<>();
    for (int i = 0; i < files.size(); i++) {
      if (directory.isRoot()) {
        found.add(new TreeEntry.Directory(directory(i), Attributes.DIRECTORY));
      } else if (directory.equals(directory(i))) {
        found.add(files.get(i));
      }
    }
    if (found.isEmpty()) {
      throw new NoSuchFileException(directory.toString());
    }
    return found;
  }
}
