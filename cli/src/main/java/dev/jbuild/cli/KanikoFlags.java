package dev.jbuild.cli;

import dev.jbuild.engine.option.KeyValues;
import dev.jbuild.image.ImageNames;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Kaniko's flags, as of its version 1.24: those that mean something here. */
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

  @Option(
      names = "--no-push",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "do not push")
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
      paramLabel = "BOOL",
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
      paramLabel = "BOOL",
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
      paramLabel = "BOOL",
      description = "push over plain HTTP")
  boolean insecure;

  @Option(
      names = "--skip-tls-verify",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "push without verifying certificates")
  boolean skipTlsVerify;

  @Option(
      names = "--skip-push-permission-check",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
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

  @Option(
      names = "--reproducible",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "no time later than SOURCE_DATE_EPOCH, or 1970 if it is not set")
  boolean reproducible;

  @Option(
      names = "--git",
      paramLabel = "branch=NAME",
      description = "the branch of a git:// context that names none (repeatable, KEY=VALUE each)")
  List<String> git = new ArrayList<>();

  @Option(
      names = "--insecure-pull",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "pull from any registry over plain HTTP or with any certificate")
  boolean insecurePull;

  @Option(
      names = "--skip-tls-verify-pull",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "the same as --insecure-pull")
  boolean skipTlsVerifyPull;

  @Option(
      names = "--skip-default-registry-fallback",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "a registry that has mirrors is not asked itself")
  boolean skipDefaultRegistry;

  @Option(
      names = "--kaniko-dir",
      paramLabel = "DIR",
      description =
          "DIR/.docker/config.json has the credentials if $DOCKER_CONFIG is not set; default"
              + " $KANIKO_DIR, else /kaniko")
  @Nullable String kanikoDir;

  @Mixin UnsupportedKanikoFlags unsupported = new UnsupportedKanikoFlags();
  @Mixin IneffectiveKanikoFlags ineffective = new IneffectiveKanikoFlags();

  /** What Kaniko reads from the environment; its mirrors and maps are added to those typed. */
  void readEnvironment(Console console) {
    console.variable("KANIKO_REGISTRY_MIRROR").ifPresent(mirrors::add);
    console.variable("KANIKO_REGISTRY_MAP").ifPresent(registryMaps::add);
    console
        .variable("KANIKO_NO_PUSH")
        .ifPresent(value -> noPush = KeyValues.bool("$KANIKO_NO_PUSH", value));
    if (kanikoDir == null) {
      kanikoDir = console.variable("KANIKO_DIR").orElse("/kaniko");
    }
  }

  /** Refuses what cannot be done, before anything is begun. */
  void check() {
    unsupported.refuse();
    ineffective.check();
    if (destinations.isEmpty() && !noPush) {
      throw new UsageError(
          "executor needs --destination", "or --no-push, to build without pushing");
    }
    destinations.forEach(ImageNames::complete);
    for (String flag :
        List.of("--image-name-with-digest-file", "--image-name-tag-with-digest-file")) {
      boolean given =
          flag.contains("-tag-")
              ? imageNameTagWithDigestFile != null
              : imageNameWithDigestFile != null;
      if (given && destinations.isEmpty()) {
        throw new UsageError(flag + " needs --destination", "that is the name it writes");
      }
    }
    if (cache && Boolean.FALSE.equals(ineffective.cacheRunLayers)) {
      throw new UsageError(
          "--cache-run-layers=false with --cache is not supported",
          "RUN steps are cached like all others; leave --cache away to run them again");
    }
    if (dockerfile.contains("://")) {
      throw new UsageError(
          "a Dockerfile at a URL (" + dockerfile + ") is not supported",
          "fetch it first, as with curl, and name the file");
    }
    boolean hasDirectories = context.startsWith("dir://") || context.startsWith("git://");
    if (contextSubPath != null && context.contains("://") && !hasDirectories) {
      throw new UsageError(
          "--context-sub-path is for contexts that are directories or git:// repositories",
          context.startsWith("tar://")
              ? "unpack the tar and name the directory in it"
              : "write the part that is meant behind the repository: URL#REF:PATH");
    }
  }

  /** A line for each flag that is given and changes nothing here. */
  List<String> ineffective() {
    List<String> lines = ineffective.lines();
    if (!cache && cacheRepo != null) {
      lines.add("--cache-repo has no effect here: there is no --cache");
    }
    return lines;
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
