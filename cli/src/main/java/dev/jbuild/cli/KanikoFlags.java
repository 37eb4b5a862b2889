package dev.jbuild.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Kaniko's flags, as of its version 1.24. */
final class KanikoFlags {
  @Option(
      names = {"-c", "--context"},
      paramLabel = "dir://PATH|tar://FILE|URL",
      description = "the build context; default dir:///workspace")
  String context = "dir:///workspace";

  @Option(
      names = "--context-sub-path",
      paramLabel = "PATH",
      description = "a directory below the context")
  @Nullable String contextSubPath;

  @Option(
      names = {"-f", "--dockerfile"},
      paramLabel = "FILE",
      description = "the Dockerfile; default Dockerfile")
  String dockerfile = "Dockerfile";

  @Option(
      names = {"-d", "--destination"},
      paramLabel = "NAME",
      description = "a name to push the image to (repeatable)")
  List<String> destinations = new ArrayList<>();

  @Option(
      names = "--build-arg",
      paramLabel = "K[=V]",
      description = "a value for an ARG (repeatable)")
  List<String> buildArgs = new ArrayList<>();

  @Option(names = "--label", paramLabel = "K=V", description = "a label of the image (repeatable)")
  List<String> labels = new ArrayList<>();

  @Option(names = "--target", paramLabel = "STAGE", description = "the stage to build")
  @Nullable String target;

  @Option(
      names = {"--custom-platform", "--customPlatform"},
      paramLabel = "P",
      description = "the platform to build for")
  @Nullable String customPlatform;

  @Option(names = "--no-push", arity = "0..1", fallbackValue = "true", description = "do not push")
  boolean noPush;

  @Option(
      names = {"--tar-path", "--tarPath"},
      paramLabel = "FILE",
      description = "write the image as an archive for docker load")
  @Nullable String tarPath;

  @Option(
      names = "--oci-layout-path",
      paramLabel = "DIR",
      description = "write the image as an OCI layout")
  @Nullable String ociLayoutPath;

  @Option(names = "--digest-file", paramLabel = "FILE", description = "write the image's digest")
  @Nullable String digestFile;

  @Option(
      names = "--image-name-with-digest-file",
      paramLabel = "FILE",
      description = "write NAME@DIGEST")
  @Nullable String imageNameWithDigestFile;

  @Option(
      names = "--image-name-tag-with-digest-file",
      paramLabel = "FILE",
      description = "write NAME:TAG@DIGEST")
  @Nullable String imageNameTagWithDigestFile;

  @Option(
      names = "--cache",
      arity = "0..1",
      fallbackValue = "true",
      description =
          "use steps of earlier builds, in the store and in --cache-repo; off by default, as in"
              + " Kaniko")
  boolean cache;

  @Option(
      names = "--cache-repo",
      paramLabel = "REPOSITORY|oci:DIR",
      description = "where steps are kept for other jobs; default: cache below the destination")
  @Nullable String cacheRepo;

  @Option(
      names = "--no-push-cache",
      arity = "0..1",
      fallbackValue = "true",
      description = "read the cache repository and do not write it")
  boolean noPushCache;

  @Option(
      names = "--compression",
      paramLabel = "gzip|zstd",
      description = "how layers are compressed")
  @Nullable String compression;

  @Option(names = "--compression-level", paramLabel = "N", description = "how hard")
  @Nullable String compressionLevel;

  @Option(
      names = "--insecure",
      arity = "0..1",
      fallbackValue = "true",
      description = "push over plain HTTP")
  boolean insecure;

  @Option(
      names = "--skip-tls-verify",
      arity = "0..1",
      fallbackValue = "true",
      description = "push without verifying certificates")
  boolean skipTlsVerify;

  @Option(
      names = "--skip-push-permission-check",
      arity = "0..1",
      fallbackValue = "true",
      description = "do not ask before the build whether the push will be allowed")
  boolean skipPushPermissionCheck;

  @Option(
      names = "--insecure-registry",
      paramLabel = "HOST",
      description = "plain HTTP for this registry")
  List<String> insecureRegistries = new ArrayList<>();

  @Option(
      names = "--skip-tls-verify-registry",
      paramLabel = "HOST",
      description = "do not verify this registry's certificate")
  List<String> skipTlsRegistries = new ArrayList<>();

  @Option(names = "--registry-mirror", paramLabel = "HOST", description = "a mirror of Docker Hub")
  List<String> mirrors = new ArrayList<>();

  @Option(
      names = "--registry-map",
      paramLabel = "FROM=TO[;…]",
      description = "mirrors of registries")
  List<String> registryMaps = new ArrayList<>();

  @Option(
      names = "--registry-certificate",
      paramLabel = "HOST=FILE",
      description = "trust this authority (PEM) for this registry")
  List<String> certificates = new ArrayList<>();

  @Option(
      names = "--registry-client-cert",
      paramLabel = "HOST=CERT,KEY",
      description = "show this certificate (PEM) to this registry")
  List<String> clientCertificates = new ArrayList<>();

  @Option(
      names = {"-v", "--verbosity"},
      paramLabel = "LEVEL",
      description = "panic, fatal and error show no progress")
  String verbosity = "info";

  @Option(
      names = "--log-format",
      paramLabel = "text|color|json",
      description = "json shows events as JSON")
  String logFormat = "color";

  /** Flags that would change the result and cannot be honoured. */
  @Option(names = "--single-snapshot", arity = "0..1", fallbackValue = "true", hidden = true)
  boolean singleSnapshot;

  @Option(names = "--reproducible", arity = "0..1", fallbackValue = "true", hidden = true)
  boolean reproducible;

  @Option(names = "--git", hidden = true)
  @Nullable String git;

  @Option(names = "--insecure-pull", arity = "0..1", fallbackValue = "true", hidden = true)
  boolean insecurePull;

  @Option(names = "--skip-tls-verify-pull", arity = "0..1", fallbackValue = "true", hidden = true)
  boolean skipTlsVerifyPull;

  @Option(
      names = "--push-ignore-immutable-tag-errors",
      arity = "0..1",
      fallbackValue = "true",
      hidden = true)
  boolean ignoreImmutableTags;

  @Option(
      names = "--skip-default-registry-fallback",
      arity = "0..1",
      fallbackValue = "true",
      hidden = true)
  boolean skipDefaultRegistry;

  @Option(names = "--materialize", arity = "0..1", fallbackValue = "true", hidden = true)
  boolean materialize;

  @Option(
      names = {"--secret"},
      hidden = true)
  List<String> secrets = new ArrayList<>();

  /** Flags that tune how Kaniko itself works. */
  @Option(
      names = {"--snapshot-mode", "--snapshotMode"},
      hidden = true)
  @Nullable String snapshotMode;

  @Option(names = "--use-new-run", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String useNewRun;

  @Option(names = "--log-timestamp", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String logTimestamp;

  @Option(names = "--force", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String force;

  @Option(names = "--force-build-metadata", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String forceBuildMetadata;

  @Option(names = "--cleanup", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String cleanup;

  @Option(names = "--pre-cleanup", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String preCleanup;

  @Option(names = "--preserve-context", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String preserveContext;

  @Option(names = "--ignore-path", hidden = true)
  @Nullable String ignorePath;

  @Option(names = "--ignore-var-run", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String ignoreVarRun;

  @Option(names = "--kaniko-dir", hidden = true)
  @Nullable String kanikoDir;

  @Option(names = "--cache-dir", hidden = true)
  @Nullable String cacheDir;

  @Option(names = "--cache-ttl", hidden = true)
  @Nullable String cacheTtl;

  @Option(names = "--cache-copy-layers", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String cacheCopyLayers;

  @Option(names = "--cache-run-layers", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String cacheRunLayers;

  @Option(names = "--compressed-caching", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String compressedCaching;

  @Option(names = "--credential-helpers", hidden = true)
  @Nullable String credentialHelpers;

  @Option(names = "--image-download-retry", hidden = true)
  @Nullable String imageDownloadRetry;

  @Option(names = "--image-fs-extract-retry", hidden = true)
  @Nullable String imageExtractRetry;

  @Option(names = "--push-retry", hidden = true)
  @Nullable String pushRetry;

  @Option(names = "--skip-unused-stages", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String skipUnusedStages;

  void refuseUnsupported() {
    refuse(singleSnapshot, "--single-snapshot");
    refuse(git != null, "--git");
    refuse(ignoreImmutableTags, "--push-ignore-immutable-tag-errors");
    refuse(skipDefaultRegistry, "--skip-default-registry-fallback");
    refuse(materialize, "--materialize");
    refuse(!secrets.isEmpty(), "--secret");
    if (insecurePull || skipTlsVerifyPull) {
      throw new UsageError(
          (insecurePull ? "--insecure-pull" : "--skip-tls-verify-pull") + " is not supported yet",
          "name the registry with "
              + (insecurePull ? "--insecure-registry" : "--skip-tls-verify-registry"));
    }
    boolean hasDirectories = context.startsWith("dir://") || context.startsWith("git://");
    if (contextSubPath != null && context.contains("://") && !hasDirectories) {
      throw UsageError.notSupportedYet(
          "--context-sub-path of a context that is neither a directory nor a repository");
    }
  }

  private static void refuse(boolean given, String flag) {
    if (given) {
      throw UsageError.notSupportedYet(flag);
    }
  }

  /** A line for each flag that is given and changes nothing here. */
  List<String> ineffective() {
    String own = "steps run in a root file system of their own";
    String changes = "changes are found by the kernel's overlay, always whole";
    String store = "the cache is in the store (--root)";
    List<String> lines = new ArrayList<>();
    if (!cache) {
      note(lines, "--cache-repo", cacheRepo, "there is no --cache");
    }
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
    note(lines, "--kaniko-dir", kanikoDir, "the store is named by --root");
    note(lines, "--cache-dir", cacheDir, store);
    note(lines, "--cache-ttl", cacheTtl, "what is kept stays right, however old it is");
    note(lines, "--cache-copy-layers", cacheCopyLayers, "all steps are cached or none");
    note(lines, "--cache-run-layers", cacheRunLayers, "all steps are cached or none");
    note(lines, "--compressed-caching", compressedCaching, "memory does not grow with the image");
    note(lines, "--credential-helpers", credentialHelpers, "the Docker config names them");
    note(lines, "--image-download-retry", imageDownloadRetry, "downloads resume by themselves");
    note(lines, "--image-fs-extract-retry", imageExtractRetry, "unpacking does not fail by chance");
    note(lines, "--push-retry", pushRetry, "uploads are retried by themselves");
    note(lines, "--skip-unused-stages", skipUnusedStages, "unused stages are never built");
    return lines;
  }

  private static void note(List<String> lines, String flag, @Nullable String value, String why) {
    if (value != null) {
      lines.add(flag + " has no effect here: " + why);
    }
  }

  /** The kind of display that verbosity and format come to. */
  String progress() {
    return switch (verbosity) {
      case "panic", "fatal", "error" -> "quiet";
      case "warn", "warning", "info", "debug", "trace" ->
          switch (logFormat) {
            case "json" -> "rawjson";
            case "text", "color" -> "plain";
            default ->
                throw new UsageError(
                    "--log-format is text, color or json, not \"" + logFormat + "\"");
          };
      default -> throw new UsageError("--verbosity: unknown level \"" + verbosity + "\"");
    };
  }
}
