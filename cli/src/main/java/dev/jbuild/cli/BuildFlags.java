package dev.jbuild.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The flags of {@code jbuild build}, as typed; they are docker buildx's where it has them. */
final class BuildFlags {
  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE",
      description = "the Dockerfile; default PATH/Dockerfile; - for standard input")
  @Nullable String file;

  @Option(
      names = {"-t", "--tag"},
      paramLabel = "NAME",
      description = "a name for the image (repeatable)")
  List<String> tags = new ArrayList<>();

  @Option(names = "--target", paramLabel = "STAGE", description = "the stage to build")
  @Nullable String target;

  @Option(
      names = "--platform",
      paramLabel = "P",
      split = ",",
      description = "platforms to build for, such as linux/arm64")
  List<String> platforms = new ArrayList<>();

  @Option(
      names = "--build-arg",
      paramLabel = "K[=V]",
      description = "a value for an ARG (repeatable)")
  List<String> buildArgs = new ArrayList<>();

  @Option(
      names = "--build-context",
      paramLabel = "NAME=SRC",
      description = "another context, by name (repeatable)")
  List<String> buildContexts = new ArrayList<>();

  @Option(names = "--label", paramLabel = "K=V", description = "a label of the image (repeatable)")
  List<String> labels = new ArrayList<>();

  @Option(
      names = "--annotation",
      paramLabel = "K=V",
      description = "an annotation of the manifest, or [TYPE,…:]K=V (repeatable)")
  List<String> annotations = new ArrayList<>();

  @Option(
      names = "--add-host",
      paramLabel = "HOST:IP",
      description = "a line for /etc/hosts of RUN steps (repeatable)")
  List<String> addHosts = new ArrayList<>();

  @Option(
      names = "--secret",
      paramLabel = "id=,src=|env=",
      description = "a secret for RUN steps (repeatable)")
  List<String> secrets = new ArrayList<>();

  @Option(
      names = "--ssh",
      paramLabel = "default|id=path",
      description = "an SSH agent, or key files, for RUN steps and git (repeatable)")
  List<String> ssh = new ArrayList<>();

  @Option(
      names = {"-o", "--output"},
      paramLabel = "type=T,…",
      description =
          "what becomes of the result (repeatable): type=image (default), registry, oci, docker,"
              + " local, tar or none, with dest=, name=, push=, compression=, …")
  List<String> outputs = new ArrayList<>();

  @Option(
      names = "--push",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "push to a registry")
  boolean push;

  @Option(
      names = "--load",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "load into the Docker daemon")
  boolean load;

  @Option(
      names = "--cache-from",
      paramLabel = "type=T,…",
      description =
          "use what other builds shared (repeatable): type=registry,ref=IMAGE or"
              + " type=local,src=DIR; an image's name alone is type=registry")
  List<String> cacheFrom = new ArrayList<>();

  @Option(
      names = "--cache-to",
      paramLabel = "type=T,…",
      description =
          "share what this build made (repeatable): type=registry,ref=IMAGE,mode=min|max,"
              + " type=local,dest=DIR,mode=min|max or type=inline")
  List<String> cacheTo = new ArrayList<>();

  @Option(
      names = "--no-cache",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "use no cache")
  boolean noCache;

  @Option(
      names = "--no-cache-filter",
      paramLabel = "STAGE",
      split = ",",
      description = "use no cache for these stages")
  List<String> noCacheFilter = new ArrayList<>();

  @Option(
      names = "--keep-storage",
      paramLabel = "SIZE",
      description =
          "the store never takes more than this: the least recently used goes; default"
              + " $JBUILD_KEEP_STORAGE, else no limit")
  @Nullable String keepStorage;

  @Option(
      names = "--pull",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "ask the registry for base images the store has already")
  boolean pull;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      description = "steps that may run at once; default one a processor, at least 4")
  @Nullable String parallel;

  @Option(
      names = "--network",
      paramLabel = "default|host|none|private",
      description = "network of RUN steps; private needs pasta or slirp4netns")
  @Nullable String network;

  @Option(
      names = "--allow",
      paramLabel = "ENTITLEMENT",
      description = "network.host, security.insecure or secret-in-layer (repeatable)")
  List<String> allow = new ArrayList<>();

  @Option(
      names = "--progress",
      paramLabel = "auto|tty|plain|rawjson|quiet",
      description = "how progress is shown")
  @Nullable String progress;

  @Option(
      names = {"-q", "--quiet"},
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "no progress; print the image's digest, unless an archive goes there")
  boolean quiet;

  @Option(names = "--iidfile", paramLabel = "FILE", description = "write the image's ID to a file")
  @Nullable String iidFile;

  @Option(
      names = "--metadata-file",
      paramLabel = "FILE",
      description = "write digest, descriptor and names as JSON, with the keys of buildx")
  @Nullable String metadataFile;

  @Option(
      names = "--check",
      arity = "0..1",
      paramLabel = "extended",
      preprocessor = AttachedValue.class,
      description = "check the Dockerfile only; =extended for more rules")
  @Nullable String check;

  @Option(
      names = "--call",
      paramLabel = "check|outline|targets[,format=json]",
      description = "describe the Dockerfile instead of building it")
  @Nullable String call;

  @Option(
      names = "--reproducible",
      arity = "0..1",
      fallbackValue = "true",
      paramLabel = "BOOL",
      description = "no time later than SOURCE_DATE_EPOCH, or 1970 if it is not set")
  boolean reproducible;

  // Many CI jobs say that there are to be none.
  @Option(names = "--provenance", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String provenance;

  @Option(names = "--sbom", arity = "0..1", fallbackValue = "true", hidden = true)
  @Nullable String sbom;
}
