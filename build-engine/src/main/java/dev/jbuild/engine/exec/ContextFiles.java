package dev.jbuild.engine.exec;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.copy.Archives;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.DirectoryTree;
import dev.jbuild.layer.FileTree;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The files of a build's contexts, before any .dockerignore. Archives are read where they are,
 * plain or decompressed into the store's scratch space, and never unpacked.
 */
final class ContextFiles implements AutoCloseable {
  private final Map<String, Root> roots = new HashMap<>();
  private final Archives archives;

  private ContextFiles(Store store) {
    this.archives = new Archives(store);
  }

  /**
   * @param identity names the place on this machine, for the memory of its files' digests
   */
  record Root(FileTree tree, String identity) {}

  static ContextFiles prepare(BuildRequest request, Store store) throws IOException {
    ContextFiles files = new ContextFiles(store);
    try {
      files.add(BuildContexts.MAIN, request.context());
      for (Map.Entry<String, ContextSource> named : request.namedContexts().entrySet()) {
        files.add(named.getKey(), named.getValue());
      }
      return files;
    } catch (IOException | RuntimeException e) {
      files.close();
      throw e;
    }
  }

  private void add(String name, ContextSource source) throws IOException {
    switch (source) {
      case ContextSource.Directory directory -> {
        if (!Files.isDirectory(directory.path())) {
          throw new BuildFailure(
              Kind.NOT_FOUND, "there is no directory \"" + directory.path() + "\" to build from");
        }
        Path real = directory.path().toRealPath();
        roots.put(name, new Root(DirectoryTree.open(real), real.toString()));
      }
      case ContextSource.Archive archive ->
          roots.put(name, new Root(open(archive.file()), archive.file().toString()));
      case ContextSource.Empty empty -> roots.put(name, new Root(FileTree.empty(), "empty"));
      case ContextSource.Image image -> {
        // Not a tree of plain files: FROM and COPY --from take it as an image.
      }
      case ContextSource.OciLayout layout -> throw unsupported("an OCI layout");
      case ContextSource.Git git -> throw unsupported("a git repository");
      case ContextSource.Http http -> throw unsupported("a URL");
    }
  }

  private FileTree open(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return archives
          .open(in)
          .orElseThrow(() -> new BuildFailure(Kind.USER, "the build context is not a tar archive"));
    }
  }

  private static BuildFailure unsupported(String what) {
    return new BuildFailure(Kind.UNSUPPORTED, what + " as build context is not supported yet");
  }

  /** All contexts that are trees of files, by name. */
  Map<String, Root> roots() {
    return roots;
  }

  /** The main context's files; an empty tree if it has none. */
  FileTree main() {
    Root root = roots.get(BuildContexts.MAIN);
    return root == null ? FileTree.empty() : root.tree();
  }

  @Override
  public void close() throws IOException {
    for (Root root : roots.values()) {
      root.tree().close();
    }
    archives.close();
  }
}
