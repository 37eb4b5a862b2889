package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.DirStat;
import dev.jbuild.linux.ErrnoException;
import dev.jbuild.linux.Stat;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A directory of the host as a tree: a build context, a copy-mode root. Regular files carry their
 * {@link FileContent}, with the {@link Stat} that digest memory is keyed by. Files that vanish
 * while a directory is listed are left out.
 */
public final class DirectoryTree implements FileTree {
  private final DirFd root;

  private DirectoryTree(DirFd root) {
    this.root = root;
  }

  public static DirectoryTree open(Path directory) throws IOException {
    return new DirectoryTree(DirFd.open(directory));
  }

  /** A tree of an open directory, which the tree then owns. */
  public static DirectoryTree of(DirFd root) {
    return new DirectoryTree(root);
  }

  @Override
  public Optional<TreeEntry> find(BytePath path) throws IOException {
    Optional<Stat> stat;
    try {
      stat = root.find(path);
    } catch (ErrnoException e) {
      if (e.errno() == dev.jbuild.linux.Errno.ELOOP) {
        return Optional.empty();
      }
      throw e;
    }
    return stat.isEmpty()
        ? Optional.empty()
        : Optional.of(EntryReader.read(root, path, root, path, stat.get()));
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws IOException {
    List<TreeEntry> entries = new ArrayList<>();
    try (DirFd here = openDirectory(directory)) {
      List<DirStat> files = here.stats();
      // Of names alone the order of their bytes is tree order; the JVM compares strings fast.
      files.sort(Comparator.comparing(file -> file.name().latin1()));
      for (DirStat file : files) {
        BytePath name = file.name();
        Xattrs xattrs = file.mayHaveXattrs() ? EntryReader.xattrs(here, name) : Xattrs.NONE;
        entries.add(
            EntryReader.entry(root, directory.resolve(name), here, name, file.stat(), xattrs));
      }
    }
    return entries;
  }

  private DirFd openDirectory(BytePath directory) throws IOException {
    try {
      return root.openDirectory(directory);
    } catch (ErrnoException e) {
      switch (e.errno()) {
        case dev.jbuild.linux.Errno.ENOENT -> throw new NoSuchFileException(directory.toString());
        case dev.jbuild.linux.Errno.ENOTDIR, dev.jbuild.linux.Errno.ELOOP ->
            throw new NotDirectoryException(directory.toString());
        default -> throw e;
      }
    }
  }

  @Override
  public void close() {
    root.close();
  }
}
