package dev.jbuild.engine.exec;

import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.copy.Archives;
import dev.jbuild.engine.source.GitCommit;
import dev.jbuild.engine.source.GitReference;
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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The files of a build's contexts, before any .dockerignore. Archives are read where they are,
 * plain or decompressed into the store's scratch space, and never unpacked. Named contexts from
 * elsewhere are fetched when they are first asked for. Safe for use by many threads.
 */
final class ContextFiles implements AutoCloseable {
  private static final String KEEP_GIT_DIR = "BUILDKIT_CONTEXT_KEEP_GIT_DIR";

  private final BuildRequest request;
  private final RemoteSources remotes;
  private final Archives archives;
  private final Map<String, Root> roots = new HashMap<>();

  private ContextFiles(BuildRequest request, Store store, RemoteSources remotes) {
    this.request = request;
    this.remotes = remotes;
    this.archives = new Archives(store);
  }

  /**
   * @param identity names the place on this machine, for the memory of its files' digests
   * @param dockerfile the text of a Dockerfile that was all there is; null else
   * @param ignores whether a .dockerignore applies: not to what comes from elsewhere, as it was
   *     checked in (semantics 1.4)
   */
  record Root(FileTree tree, String identity, byte @Nullable [] dockerfile, boolean ignores) {
    static final Root NONE = new Root(FileTree.empty(), "empty", null, true);
  }

  static ContextFiles prepare(BuildRequest request, Store store, RemoteSources remotes)
      throws IOException {
    ContextFiles files = new ContextFiles(request, store, remotes);
    try {
      files.root(BuildContexts.MAIN);
      for (Map.Entry<String, ContextSource> named : request.namedContexts().entrySet()) {
        if (named.getValue() instanceof ContextSource.Directory) {
          files.root(named.getKey());
        }
      }
      return files;
    } catch (IOException | RuntimeException e) {
      files.close();
      throw e;
    }
  }

  /** A context that is a tree of files; no files if there is none of the name. */
  synchronized Root root(String name) throws IOException {
    Root known = roots.get(name);
    if (known == null) {
      ContextSource source =
          name.equals(BuildContexts.MAIN) ? request.context() : request.namedContexts().get(name);
      known = source == null ? Root.NONE : open(source);
      roots.put(name, known);
    }
    return known;
  }

  private Root open(ContextSource source) throws IOException {
    return switch (source) {
      case ContextSource.Directory directory -> {
        if (!Files.isDirectory(directory.path())) {
          throw new BuildFailure(
              Kind.NOT_FOUND, "there is no directory \"" + directory.path() + "\" to build from");
        }
        Path real = directory.path().toRealPath();
        yield new Root(DirectoryTree.open(real), real.toString(), null, true);
      }
      case ContextSource.Archive archive ->
          archive(archive.file())
              .map(tree -> new Root(tree, archive.file().toString(), null, true))
              .orElseThrow(
                  () -> new BuildFailure(Kind.USER, "the build context is not a tar archive"));
      case ContextSource.Empty empty -> Root.NONE;
      // Not trees of plain files: FROM and COPY --from take them as images.
      case ContextSource.Image image -> Root.NONE;
      case ContextSource.OciLayout layout -> Root.NONE;
      case ContextSource.Git git -> checkout(git);
      case ContextSource.Http http -> download(http);
    };
  }

  private Optional<FileTree> archive(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return archives.open(in).map(FileTree.class::cast);
    }
  }

  private Root checkout(ContextSource.Git git) throws IOException {
    GitReference reference =
        GitReference.parse(git.url(), GitReference.Place.CONTEXT)
            .orElseThrow(() ->
                new BuildFailure(Kind.USER, "the build context is not a git repository's URL"));
    if (isTrue(request.buildArgs().getOrDefault(KEEP_GIT_DIR, ""))) {
      reference = reference.with(true, null);
    }
    GitCommit commit = remotes.repositories().resolve(reference);
    FileTree tree = remotes.repositories().checkout(commit);
    return new Root(tree, "git " + reference.remote(), null, false);
  }

  private static boolean isTrue(String text) {
    return text.equals("1") || text.equalsIgnoreCase("true");
  }

  /** What is no archive is a Dockerfile, and then there are no other files. */
  private Root download(ContextSource.Http http) throws IOException {
    Path file = remotes.downloads().fetch(http.url(), null).file();
    Optional<FileTree> tree = archive(file);
    if (tree.isPresent()) {
      return new Root(tree.get(), "url " + http.url(), null, false);
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] text = in.readNBytes(DockerfileParser.MAX_FILE_BYTES + 1);
      if (text.length > DockerfileParser.MAX_FILE_BYTES) {
        throw new BuildFailure(
            Kind.USER, "what is behind the context's URL is neither a tar nor a Dockerfile");
      }
      return new Root(FileTree.empty(), "url " + http.url(), text, false);
    }
  }

  @Override
  public synchronized void close() throws IOException {
    for (Root root : roots.values()) {
      root.tree().close();
    }
    archives.close();
  }
}
