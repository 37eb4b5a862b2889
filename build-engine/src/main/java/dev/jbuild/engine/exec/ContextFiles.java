package dev.jbuild.engine.exec;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.Decompression;
import dev.jbuild.layer.ExtractLimits;
import dev.jbuild.layer.LayerExtractor;
import dev.jbuild.layer.OverlayEncoding;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The directories that a build's contexts are in. Archives are unpacked into private directories of
 * the store, which go when the build ends.
 */
final class ContextFiles implements AutoCloseable {
  private final Map<String, Path> directories = new HashMap<>();
  private final List<Path> temporary = new ArrayList<>();

  private ContextFiles() {}

  static ContextFiles prepare(BuildRequest request, Store store) throws IOException {
    ContextFiles files = new ContextFiles();
    try {
      files.add(BuildContexts.MAIN, request.context(), store);
      for (Map.Entry<String, ContextSource> named : request.namedContexts().entrySet()) {
        files.add(named.getKey(), named.getValue(), store);
      }
    } catch (IOException | RuntimeException e) {
      files.close();
      throw e;
    }
    return files;
  }

  private void add(String name, ContextSource source, Store store) throws IOException {
    switch (source) {
      case ContextSource.Directory directory -> {
        if (!Files.isDirectory(directory.path())) {
          throw new BuildFailure(
              Kind.NOT_FOUND, "there is no directory \"" + directory.path() + "\" to build from");
        }
        directories.put(name, directory.path());
      }
      case ContextSource.Archive archive -> directories.put(name, unpack(archive.file(), store));
      case ContextSource.Empty empty -> {}
      case ContextSource.Image image -> {}
      case ContextSource.OciLayout layout -> throw unsupported("an OCI layout");
      case ContextSource.Git git -> throw unsupported("a git repository");
      case ContextSource.Http http -> throw unsupported("a URL");
    }
  }

  private static BuildFailure unsupported(String what) {
    return new BuildFailure(Kind.UNSUPPORTED, what + " as build context is not supported yet");
  }

  private Path unpack(Path archive, Store store) throws IOException {
    Path directory = Files.createTempDirectory(store.directory("ingest"), "context-");
    temporary.add(directory);
    try (InputStream in = Decompression.detect(Files.newInputStream(archive)).stream();
        DirFd target = DirFd.open(directory)) {
      LayerExtractor.apply(in, target, OverlayEncoding.PLAIN, ExtractLimits.DEFAULT);
    }
    return directory;
  }

  /** The directory of a context; null if it has none. */
  @Nullable Path directory(String name) {
    return directories.get(name);
  }

  Map<String, Path> directories() {
    return directories;
  }

  @Override
  public void close() throws IOException {
    for (Path directory : temporary) {
      try (DirFd parent = DirFd.open(directory.getParent())) {
        parent.deleteTree(BytePath.of(directory.getFileName().toString()));
      }
    }
  }
}
