package dev.jbuild.engine.export;

import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.layer.TreeWalk;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;

/** Writes a root file system out as files, or as one tar. */
final class RootfsExport {
  private RootfsExport() {}

  /** One tar of everything, owners and times included. */
  static void toTar(FileTree root, OutputStream out) throws IOException {
    try (LayerBuilder all = new LayerBuilder(FileTree.empty());
        OutputStream buffered = new BufferedOutputStream(out, 1 << 16)) {
      TreeWalk.of(root, BytePath.ROOT)
          .forEach(
              entry -> {
                if (!entry.path().isRoot()) {
                  all.put(entry);
                }
              });
      all.writeTo(new LayerWriter(buffered, LayerWriter.Options.CANONICAL));
    }
  }

  /**
   * Files below a directory, which is made if missing; what is there is replaced. They belong to
   * whoever runs the build, as with {@code docker buildx build -o}.
   */
  static void toDirectory(FileTree root, Path destination) throws IOException {
    Files.createDirectories(destination);
    try (DirFd target = DirFd.open(destination)) {
      // Times and modes of directories last: writing into them would change the one and may be
      // forbidden by the other.
      Deque<TreeEntry> directories = new ArrayDeque<>();
      TreeWalk.of(root, BytePath.ROOT)
          .forEach(
              entry -> {
                if (entry.path().isRoot()) {
                  return;
                }
                if (entry.isDirectory()) {
                  directories.push(entry);
                }
                write(target, entry);
              });
      for (TreeEntry directory : directories) {
        finish(target, directory);
      }
    }
  }

  private static void write(DirFd target, TreeEntry entry) throws IOException {
    BytePath path = entry.path();
    if (entry.isDirectory()) {
      if (target.find(path).filter(stat -> stat.isDirectory()).isEmpty()) {
        target.deleteTree(path);
        target.mkdir(path, 0700);
      }
      return;
    }
    target.deleteTree(path);
    switch (entry) {
      case TreeEntry.RegularFile file -> content(target, file);
      case TreeEntry.Symlink link -> target.symlink(path, link.target());
      case TreeEntry.Device device ->
          target.mknod(path, device.type(), 0600, device.major(), device.minor());
      case TreeEntry.Fifo fifo -> target.mknod(path, fifo.type(), 0600, 0, 0);
      case TreeEntry.HardLink link -> target.link(link.target(), path);
      case TreeEntry.Socket socket -> {
        return;
      }
      case TreeEntry.Directory directory -> {
        return;
      }
    }
    finish(target, entry);
  }

  private static void content(DirFd target, TreeEntry.RegularFile file) throws IOException {
    try (FileFd out = target.create(file.path(), 0600);
        OutputStream stream = out.outputStream();
        InputStream in = file.content().open()) {
      in.transferTo(stream);
    }
  }

  private static void finish(DirFd target, TreeEntry entry) throws IOException {
    Attributes attributes = entry.attributes();
    if (!(entry instanceof TreeEntry.Symlink)) {
      target.chmod(entry.path(), attributes.mode());
    }
    target.setModified(
        entry.path(), attributes.mtime().getEpochSecond(), attributes.mtime().getNano());
  }
}
