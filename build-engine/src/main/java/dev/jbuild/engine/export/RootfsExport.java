package dev.jbuild.engine.export;

import dev.jbuild.engine.copy.TreeMerge;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.layer.TreeWalk;
import dev.jbuild.linux.BytePath;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** Writes a root file system out as files, or as one tar. */
final class RootfsExport {
  private RootfsExport() {}

  /**
   * One tar of everything, owners and times included.
   *
   * @param roots by the folder of the tar that they go to, which may be its root
   * @param latest no file is dated later
   */
  static void toTar(Map<BytePath, FileTree> roots, Optional<Instant> latest, OutputStream out)
      throws IOException {
    try (LayerBuilder all = new LayerBuilder(FileTree.empty());
        OutputStream buffered = new BufferedOutputStream(out, 1 << 16)) {
      for (Map.Entry<BytePath, FileTree> root : roots.entrySet()) {
        BytePath folder = root.getKey();
        if (!folder.isRoot()) {
          all.put(new TreeEntry.Directory(folder, Attributes.DIRECTORY));
        }
        TreeWalk.of(root.getValue(), BytePath.ROOT)
            .forEach(entry -> {
              if (!entry.path().isRoot()) {
                all.put(entry.at(folder.resolve(entry.path())));
              }
            });
      }
      all.writeTo(new LayerWriter(buffered, new LayerWriter.Options(true, latest)));
    }
  }

  /**
   * Files below a directory, which is made if missing; what is there is replaced. They belong to
   * whoever runs the build, as with {@code docker buildx build -o}.
   */
  static void toDirectory(FileTree root, Path destination) throws IOException {
    Files.createDirectories(destination);
    TreeMerge.copy(root, BytePath.ROOT, destination, false);
  }
}
