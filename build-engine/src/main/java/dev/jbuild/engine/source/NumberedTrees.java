package dev.jbuild.engine.source;

import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Several trees as one: each is a directory named by its number. */
public final class NumberedTrees implements FileTree {
  private final List<FileTree> trees;

  public NumberedTrees(List<FileTree> trees) {
    this.trees = List.copyOf(trees);
  }

  @Override
  public Optional<TreeEntry> find(BytePath path) throws IOException {
    if (path.isRoot()) {
      return Optional.of(new TreeEntry.Directory(path, Attributes.DIRECTORY));
    }
    BytePath number = path.components().getFirst();
    Optional<FileTree> tree = tree(number);
    return tree.isEmpty()
        ? Optional.empty()
        : tree.get().find(path.relativeTo(number)).map(entry -> entry.at(path));
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws IOException {
    List<TreeEntry> entries = new ArrayList<>();
    if (directory.isRoot()) {
      for (int i = 0; i < trees.size(); i++) {
        find(BytePath.of(String.valueOf(i))).ifPresent(entries::add);
      }
      return entries;
    }
    BytePath number = directory.components().getFirst();
    FileTree tree = tree(number).orElseThrow(() -> new NoSuchFileException(directory.toString()));
    for (TreeEntry entry : tree.list(directory.relativeTo(number))) {
      entries.add(entry.at(directory.resolve(entry.path().name())));
    }
    return entries;
  }

  private Optional<FileTree> tree(BytePath number) {
    for (int i = 0; i < trees.size(); i++) {
      if (number.equals(BytePath.of(String.valueOf(i)))) {
        return Optional.of(trees.get(i));
      }
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    for (FileTree tree : trees) {
      tree.close();
    }
  }
}
