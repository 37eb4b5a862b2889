package dev.jbuild.engine.export;

import dev.jbuild.engine.copy.TreeCopy;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeWalk;
import dev.jbuild.linux.BytePath;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes a root file system out as files, or as one tar. */
final class RootfsExport {
  private RootfsExport() {}

  /** One tar of everything, owners and times included. */
  static void toTar(FileTree root, OutputStream out) throws IOException {
    try (LayerBuilder all = new LayerBuilder(FileTree.empty());
        OutputStream buffered = new BufferedOutputStream(out, 1 << 16)) {
      TreeWalk.of(root, BytePath.ROOT)
          .forEach(entry -> {
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
    TreeCopy.copy(root, BytePath.ROOT, destination, false);
  }
}
