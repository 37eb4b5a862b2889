package dev.jbuild.engine.exec;

import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.copy.ContextTree;
import dev.jbuild.engine.copy.DigestMemory;
import dev.jbuild.engine.copy.FileDigests;
import dev.jbuild.engine.copy.SourceListing;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.DirectoryTree;
import dev.jbuild.layer.FileTree;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The trees of files that one build copies from, by name; opened when first asked for. Safe for use
 * by many threads.
 */
final class BuildContexts implements AutoCloseable {
  /** The name of the main context. */
  static final String MAIN = "context";

  private final Map<String, Path> directories;
  private final @Nullable String dockerfileIgnore;
  private final Path memories;
  private final Clock clock;
  private final Map<String, Context> open = new HashMap<>();

  /**
   * @param tree what a COPY sees
   * @param listing describes files of it, with its digest memory
   */
  record Context(FileTree tree, SourceListing listing, DigestMemory memory) {}

  /**
   * @param directories local contexts by name
   * @param dockerfileIgnore text of {@code <Dockerfile>.dockerignore}, which wins over the main
   *     context's own file; null if there is none
   * @param memories where digest memories are kept
   */
  BuildContexts(
      Map<String, Path> directories,
      @Nullable String dockerfileIgnore,
      Path memories,
      Clock clock) {
    this.directories = Map.copyOf(directories);
    this.dockerfileIgnore = dockerfileIgnore;
    this.memories = memories;
    this.clock = clock;
  }

  synchronized Context get(String name) throws IOException {
    Context known = open.get(name);
    if (known != null) {
      return known;
    }
    Path directory = directories.get(name);
    Context context;
    if (directory == null) {
      DigestMemory memory = DigestMemory.load(memories.resolve("none"), clock);
      context = new Context(FileTree.empty(), new SourceListing(new FileDigests(memory)), memory);
    } else {
      Path real = directory.toRealPath();
      String id = Digest.of(real.toString().getBytes(StandardCharsets.UTF_8)).hex();
      DigestMemory memory = DigestMemory.load(memories.resolve(id), clock);
      FileTree tree = new ContextTree(DirectoryTree.open(real), ignore(name, real));
      context = new Context(tree, new SourceListing(new FileDigests(memory)), memory);
    }
    open.put(name, context);
    return context;
  }

  private IgnoreMatcher ignore(String name, Path directory) throws IOException {
    String text = name.equals(MAIN) ? dockerfileIgnore : null;
    String file = name.equals(MAIN) && text != null ? "the Dockerfile's .dockerignore" : null;
    if (text == null) {
      Path own = directory.resolve(".dockerignore");
      if (!Files.isRegularFile(own)) {
        return IgnoreMatcher.of(List.of());
      }
      text = SourceText.decode(Files.readAllBytes(own));
      file = own.toString();
    }
    try {
      return IgnoreMatcher.parse(text);
    } catch (IgnoreMatcher.PatternException e) {
      throw new BuildFailure(Kind.USER, file + ":" + e.line() + ": " + e.getMessage(), e);
    }
  }

  /** Keeps the digests that were computed, and closes the trees. */
  @Override
  public synchronized void close() throws IOException {
    for (Context context : open.values()) {
      context.tree().close();
      context.memory().save();
    }
    open.clear();
  }
}
