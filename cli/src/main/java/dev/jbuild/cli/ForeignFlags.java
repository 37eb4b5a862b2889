package dev.jbuild.cli;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Flags and verbs of Docker that jbuild does not have, with what to do instead: those who come from
 * there type them.
 */
final class ForeignFlags {
  private static final String LIMITS =
      "limits of RUN steps are --memory, --memory-swap, --cpus, --pids-limit and --ulimit";
  private static final String ALWAYS = "leave it away: it is always so";
  private static final String ATTESTATIONS =
      "no attestations are made; a tool such as syft or cosign can add them to the pushed image";

  private static final Map<String, String> BUILD =
      Map.ofEntries(
          Map.entry("--attest", ATTESTATIONS),
          Map.entry("--builder", "leave it away: there is no daemon to choose"),
          Map.entry("--compress", "leave it away: a context is not sent anywhere"),
          Map.entry("--cpu-period", LIMITS),
          Map.entry("--cpu-quota", LIMITS),
          Map.entry("--cpu-shares", LIMITS),
          Map.entry("-c", LIMITS),
          Map.entry("--cpuset-cpus", LIMITS),
          Map.entry("--cpuset-mems", LIMITS),
          Map.entry("--resource", LIMITS),
          Map.entry("-D", "write --debug"),
          Map.entry("--disable-content-trust", "leave it away: there is no content trust"),
          Map.entry("--force-rm", ALWAYS),
          Map.entry("--rm", ALWAYS),
          Map.entry("--policy", "there are no source policies"),
          Map.entry(
              "--security-opt",
              "--allow security.insecure lets RUN --security=insecure run; see jbuild doctor"),
          Map.entry("--squash", "copy what is wanted into a last stage, FROM scratch or the base"),
          Map.entry("--stream", "leave it away: a context is not sent anywhere"));

  private static final Map<String, String> VERBS =
      Map.ofEntries(
          Map.entry("bake", "call jbuild build for each target; steps they share run once"),
          Map.entry("buildx", "leave the word away: jbuild build"),
          Map.entry("builder", "jbuild du and jbuild prune look after the store"),
          Map.entry("imagetools", "jbuild copy and jbuild inspect"),
          Map.entry("manifest", "jbuild inspect, or jbuild build --platform a,b for an index"),
          Map.entry("image", "jbuild images, inspect, history, tag, rmi"),
          Map.entry("run", "jbuild builds images; jbuild shell looks into a step"),
          Map.entry("ps", "jbuild builds images and runs no containers"),
          Map.entry("system", "jbuild du and jbuild prune look after the store"));

  private ForeignFlags() {}

  /**
   * What to do in place of a flag of {@code docker build}; null if Docker has none of that name.
   */
  static @Nullable String insteadOf(String verb, String flag) {
    return verb.equals(Verb.BUILD.word()) ? BUILD.get(flag) : null;
  }

  /** What to do in place of a verb of {@code docker}. */
  static @Nullable String insteadOfVerb(String word) {
    return VERBS.get(word);
  }

  /**
   * {@code --sbom} and {@code --provenance} where nothing else than "no" can be had.
   *
   * @throws UsageError unless the value is a no
   */
  static void refuseAttestation(String flag, @Nullable String value) {
    if (value != null && !value.equals("false") && !value.equals("disabled=true")) {
      throw new UsageError(flag + " is not supported", ATTESTATIONS);
    }
  }
}
