package dev.jbuild.engine.exec;

import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.engine.copy.ContextTree;
import dev.jbuild.engine.copy.DigestMemory;
import dev.jbuild.engine.copy.FileDigests;
import dev.jbuild.engine.copy.SourceListing;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.source.DownloadTree;
import dev.jbuild.engine.source.GitCommit;
import dev.jbuild.engine.source.GitReference;
import dev.jbuild.engine.source.HttpDownloads;
import dev.jbuild.engine.source.NumberedTrees;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.SmallFile;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The trees that one build copies from, by name, each without what its .dockerignore leaves out and
 * with a memory of its files' digests. Safe for use by many threads.
 */
final class BuildContexts implements AutoCloseable {
  /** The name of the main context. */
  static final String MAIN = "context";

  /** A tree without files, for a COPY that takes none and for sources that are layers. */
  static final String NONE = "";

  private static final BytePath IGNORE_FILE = BytePath.of(".dockerignore");

  private final ContextFiles files;
  private final @Nullable String dockerfileIgnore;
  private final Path memories;
  private final RemoteSources remotes;
  private final Clock clock;
  private final Map<String, Context> open = new ConcurrentHashMap<>();
  private final Map<String, List<GitCommit>> repositories = new ConcurrentHashMap<>();
  private final Map<String, ReentrantLock> locks = new ConcurrentHashMap<>();

  /**
   * @param tree what a COPY sees
   * @param listing describes files of it, with its digest memory
   */
  record Context(FileTree tree, SourceListing listing, DigestMemory memory) {}

  /**
   * @param dockerfileIgnore text of {@code <Dockerfile>.dockerignore}, which wins over the main
   *     context's own file; null if there is none
   * @param memories where digest memories are kept
   * @param remotes fetches what ADD names by URL
   */
  BuildContexts(
      ContextFiles files,
      @Nullable String dockerfileIgnore,
      Path memories,
      RemoteSources remotes,
      Clock clock) {
    this.files = files;
    this.dockerfileIgnore = dockerfileIgnore;
    this.memories = memories;
    this.remotes = remotes;
    this.clock = clock;
  }

  /** The files of a context; a repository's are fetched when they are first asked for. */
  Context get(String name) throws IOException {
    ReentrantLock lock = locks.computeIfAbsent(name, key -> new ReentrantLock());
    lock.lock();
    try {
      Context context = open.get(name);
      if (context == null) {
        context = open(name);
        open.put(name, context);
      }
      return context;
    } finally {
      lock.unlock();
    }
  }

  private Context open(String name) throws IOException {
    List<GitCommit> commits = repositories.get(name);
    if (commits != null) {
      List<FileTree> trees = new ArrayList<>();
      for (GitCommit commit : commits) {
        trees.add(remotes.repositories().checkout(commit));
      }
      return context(new NumberedTrees(trees), name);
    }
    ContextFiles.Root root = name.equals(NONE) ? ContextFiles.Root.NONE : files.root(name);
    IgnoreMatcher ignored = ignore(name, root, dockerfileIgnore);
    return context(new ContextTree(root.tree(), ignored), root.identity());
  }

  private Context context(FileTree tree, String identity) {
    String id = Digest.of(identity.getBytes(StandardCharsets.UTF_8)).hex();
    DigestMemory memory = DigestMemory.load(memories.resolve(id), clock);
    return new Context(tree, new SourceListing(new FileDigests(memory)), memory);
  }

  /**
   * The commits that an ADD names; from then on {@link #get} has their files under the operation's
   * own name.
   */
  List<GitCommit> resolve(Op.Git git) throws IOException {
    List<GitCommit> commits = new ArrayList<>();
    for (GitReference repository : git.repositories()) {
      commits.add(remotes.repositories().resolve(repository));
    }
    repositories.put(git.contextName(), commits);
    return commits;
  }

  /**
   * Fetches what an ADD names; from then on {@link #get} has it under the operation's own name.
   * Other contexts can be had meanwhile.
   */
  void download(Op.Http http) throws IOException {
    if (open.containsKey(http.contextName())) {
      return;
    }
    DownloadTree tree = new DownloadTree();
    for (String url : http.urls()) {
      tree.add(HttpDownloads.name(url), remotes.downloads().fetch(url, http.checksum()));
    }
    open.putIfAbsent(http.contextName(), context(tree, http.contextName()));
  }

  /** What is left out of a context: the main one has two files that can say so. */
  static IgnoreMatcher ignore(
      String name, ContextFiles.Root root, @Nullable String dockerfileIgnore) throws IOException {
    if (!root.ignores()) {
      return IgnoreMatcher.of(List.of());
    }
    if (name.equals(MAIN) && dockerfileIgnore != null) {
      return parse("the Dockerfile's .dockerignore", dockerfileIgnore);
    }
    Optional<byte[]> own =
        SmallFile.read(root.tree(), IGNORE_FILE, DockerfileParser.MAX_FILE_BYTES);
    return own.isPresent()
        ? parse(".dockerignore", SourceText.decode(own.get()))
        : IgnoreMatcher.of(List.of());
  }

  private static IgnoreMatcher parse(String file, String text) {
    try {
      return IgnoreMatcher.parse(text);
    } catch (IgnoreMatcher.PatternException e) {
      throw new BuildFailure(Kind.USER, file + ":" + e.line() + ": " + e.getMessage(), e);
    }
  }

  /** Keeps the digests that were computed. */
  @Override
  public void close() throws IOException {
    for (Context context : open.values()) {
      keep(context.memory());
      if (context.tree() instanceof NumberedTrees checkouts) {
        checkouts.close();
      }
    }
    open.clear();
  }

  private static void keep(DigestMemory memory) {
    try {
      memory.save();
    } catch (IOException e) {
      // Files are read once more the next time; the build's own outcome is what counts.
    }
  }
}
