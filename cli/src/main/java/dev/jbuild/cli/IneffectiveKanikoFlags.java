package dev.jbuild.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/**
 * Kaniko's flags that tune how Kaniko itself works, and change no image here. Their values are
 * checked all the same.
 */
final class IneffectiveKanikoFlags {
  @Option(
      names = {"--snapshot-mode", "--snapshotMode"},
      hidden = true)
  @Nullable String snapshotMode;

  @Option(names = "--use-new-run", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean useNewRun;

  @Option(names = "--log-timestamp", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean logTimestamp;

  @Option(names = "--force", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean force;

  @Option(names = "--force-build-metadata", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean forceBuildMetadata;

  @Option(names = "--cleanup", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean cleanup;

  @Option(names = "--pre-cleanup", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean preCleanup;

  @Option(names = "--preserve-context", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean preserveContext;

  @Option(names = "--ignore-path", hidden = true)
  @Nullable List<String> ignorePath;

  @Option(
      names = {"--ignore-var-run", "--whitelist-var-run"},
      arity = "0..1",
      fallbackValue = "true",
      hidden = true)
  @Nullable Boolean ignoreVarRun;

  @Option(names = "--cache-dir", hidden = true)
  @Nullable String cacheDir;

  @Option(names = "--cache-ttl", hidden = true)
  @Nullable String cacheTtl;

  @Option(names = "--cache-copy-layers", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean cacheCopyLayers;

  @Option(names = "--cache-run-layers", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean cacheRunLayers;

  @Option(names = "--compressed-caching", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean compressedCaching;

  @Option(names = "--credential-helpers", hidden = true)
  @Nullable List<String> credentialHelpers;

  @Option(names = "--image-download-retry", hidden = true)
  @Nullable Integer imageDownloadRetry;

  @Option(names = "--image-fs-extract-retry", hidden = true)
  @Nullable Integer imageExtractRetry;

  @Option(names = "--push-retry", hidden = true)
  @Nullable Integer pushRetry;

  @Option(names = "--skip-unused-stages", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable Boolean skipUnusedStages;

  /** Finds values that Kaniko would not have taken either. */
  void check() {
    if (snapshotMode != null && !Set.of("full", "redo", "time").contains(snapshotMode)) {
      throw new UsageError(
          "--snapshot-mode \"" + snapshotMode + "\" is not known", "it is full, redo or time");
    }
    if (cacheTtl != null && !cacheTtl.matches("0|([0-9]+(\\.[0-9]+)?(ns|us|µs|ms|s|m|h))+")) {
      throw new UsageError(
          "--cache-ttl \"" + cacheTtl + "\" is not a length of time", "write it as 6h or 30m");
    }
  }

  /** A line for each that is given. */
  List<String> lines() {
    String own = "steps run in a root file system of their own";
    String changes = "changes are found by the kernel's overlay, always whole";
    List<String> lines = new ArrayList<>();
    note(lines, "--snapshot-mode", snapshotMode, changes);
    note(lines, "--use-new-run", useNewRun, changes);
    note(lines, "--log-timestamp", logTimestamp, "lines of a step show its running time");
    note(lines, "--force", force, "jbuild changes nothing outside its store");
    note(lines, "--force-build-metadata", forceBuildMetadata, "metadata is always set");
    note(lines, "--cleanup", cleanup, own);
    note(lines, "--pre-cleanup", preCleanup, own);
    note(lines, "--preserve-context", preserveContext, "the context is never changed");
    note(lines, "--ignore-path", ignorePath, own);
    note(lines, "--ignore-var-run", ignoreVarRun, own);
    note(lines, "--cache-dir", cacheDir, "base images are kept in the store (--root)");
    note(lines, "--cache-ttl", cacheTtl, "what is kept stays right, however old it is");
    note(lines, "--cache-copy-layers", cacheCopyLayers, "all steps are cached or none");
    note(lines, "--cache-run-layers", cacheRunLayers, "all steps are cached or none");
    note(lines, "--compressed-caching", compressedCaching, "memory does not grow with the image");
    note(lines, "--credential-helpers", credentialHelpers, "the Docker config names them");
    note(lines, "--image-download-retry", imageDownloadRetry, "downloads resume by themselves");
    note(lines, "--image-fs-extract-retry", imageExtractRetry, "unpacking does not fail by chance");
    note(lines, "--push-retry", pushRetry, "uploads are retried by themselves");
    note(
        lines,
        "--skip-unused-stages",
        skipUnusedStages,
        "stages that the target does not need are never built");
    return lines;
  }

  private static void note(List<String> lines, String flag, @Nullable Object value, String why) {
    if (value != null) {
      lines.add(flag + " has no effect here: " + why);
    }
  }
}
