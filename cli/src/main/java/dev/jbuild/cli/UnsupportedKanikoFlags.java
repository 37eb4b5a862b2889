package dev.jbuild.cli;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Kaniko's flags that change the result, or how it is got at, and cannot be honoured. */
final class UnsupportedKanikoFlags {
  @Option(names = "--single-snapshot", arity = "0..1", fallbackValue = "true", hidden = true)
  boolean singleSnapshot;

  @Option(
      names = "--push-ignore-immutable-tag-errors",
      arity = "0..1",
      fallbackValue = "true",
      hidden = true)
  boolean ignoreImmutableTags;

  @Option(
      names = {"-b", "--bucket"},
      hidden = true)
  @Nullable String bucket;

  @Option(names = "--azure-container-registry-config", hidden = true)
  @Nullable String azureConfig;

  // Of forks of Kaniko.
  @Option(names = "--materialize", arity = "0..1", fallbackValue = "true", hidden = true)
  boolean materialize;

  @Option(names = "--secret", hidden = true)
  List<String> secrets = new ArrayList<>();

  void refuse() {
    refuse(
        singleSnapshot,
        "--single-snapshot",
        "leave it away: each step gets a layer; a stage that is copied from (COPY --from) leaves"
            + " out what steps made and removed");
    refuse(
        ignoreImmutableTags,
        "--push-ignore-immutable-tag-errors",
        "leave it away, and push to a tag that is not there yet");
    refuse(
        bucket != null,
        "--bucket",
        "fetch the context first and give it as --context tar://FILE or tar://stdin");
    refuse(
        azureConfig != null,
        "--azure-container-registry-config",
        "name a credential helper in the Docker config, or log in before");
    refuse(materialize, "--materialize", "write files with --tar-path or --oci-layout-path");
    refuse(!secrets.isEmpty(), "--secret", "jbuild build has it, with Docker's flags");
  }

  private static void refuse(boolean given, String flag, String hint) {
    if (given) {
      throw new UsageError(flag + " is not supported", hint);
    }
  }
}
