package dev.jbuild.engine.shell;

import dev.jbuild.engine.cache.CacheRecord;
import dev.jbuild.engine.cache.CacheRecords;
import dev.jbuild.engine.cache.WholeFile;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.DiffId;
import dev.jbuild.store.DiskFailures;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The last build as a shell needs it.
 *
 * @param steps in the order of the progress
 */
public record KeptBuild(
    String buildId, KeptExecution execution, List<KeptNode> nodes, List<KeptStep> steps) {
  private static final String LAST = "last-build.json";

  public KeptBuild {
    nodes = List.copyOf(nodes);
    steps = List.copyOf(steps);
  }

  /** Puts this in place of what the build before left. */
  public void save(Path directory) throws IOException {
    WholeFile.replace(directory.resolve(LAST), KeptBuildJson.write(this));
  }

  /** What the last build left; empty if there was none. */
  public static Optional<KeptBuild> last(Path directory) throws IOException {
    try {
      return Optional.of(KeptBuildJson.read(Files.readAllBytes(directory.resolve(LAST))));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw DiskFailures.of("read what the last build left", e);
    }
  }

  /** The directory for these below a store's cache directory. */
  public static Path directory(Path cache) {
    return cache.resolve("shell");
  }

  /** The step of the failure that a build is remembered for: the last one in the progress. */
  public Optional<KeptStep> lastFailed() {
    return steps.stream().filter(step -> step.failed().isPresent()).reduce((_, later) -> later);
  }

  /**
   * The layers of a node, bottom first.
   *
   * @throws BuildFailure {@code NOT_FOUND} if the build did not come to it or its record is gone
   */
  public List<DiffId> layers(int node, CacheRecords records) {
    return switch (nodes.get(node)) {
      case KeptNode.Layers known -> known.layers();
      case KeptNode.Key(var key) ->
          records
              .find(key)
              .map(CacheRecord::layers)
              .map(dev.jbuild.engine.cache.StackLayer::diffIds)
              .orElseThrow(KeptBuild::gone);
      case KeptNode.Stack(List<Integer> parts) -> {
        List<DiffId> all = new ArrayList<>();
        parts.forEach(part -> all.addAll(layers(part, records)));
        yield all;
      }
      case KeptNode.Unknown _ -> throw gone();
    };
  }

  private static BuildFailure gone() {
    return new BuildFailure(
        Kind.NOT_FOUND,
        "the files of the step are not in the store",
        "the build did not come so far, or they were removed since: build again",
        null);
  }
}
