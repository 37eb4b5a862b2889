package dev.jbuild.cli;

import dev.jbuild.sandbox.SeccompProfile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The values of {@code --security-opt}, as {@code docker run} and {@code buildah bud} have them.
 */
final class SecurityOptions {
  private static final String SECCOMP = "seccomp=";
  private static final String NO_NEW_PRIVILEGES = "no-new-privileges";

  private SecurityOptions() {}

  /**
   * The policy for system calls of the last {@code seccomp=FILE}; Docker's own if there is none.
   */
  static Optional<SeccompProfile> seccomp(List<String> options) {
    check(options);
    return options.stream()
        .filter(option -> option.startsWith(SECCOMP))
        .reduce((_, last) -> last)
        .map(option -> read(option.substring(SECCOMP.length())));
  }

  static boolean noNewPrivileges(List<String> options) {
    return options.stream()
        .filter(option -> option.startsWith(NO_NEW_PRIVILEGES))
        .reduce((_, last) -> last)
        .map(option -> !option.endsWith("false"))
        .orElse(false);
  }

  private static void check(List<String> options) {
    for (String option : options) {
      if (option.equals("seccomp=unconfined")) {
        throw new UsageError(
            "--security-opt: RUN steps are not left without a filter",
            "use RUN --security=insecure with --allow security.insecure");
      }
      boolean known =
          option.startsWith(SECCOMP)
              || option.equals(NO_NEW_PRIVILEGES)
              || option.equals(NO_NEW_PRIVILEGES + "=true")
              || option.equals(NO_NEW_PRIVILEGES + "=false")
              || option.equals(NO_NEW_PRIVILEGES + ":true")
              || option.equals(NO_NEW_PRIVILEGES + ":false");
      if (!known) {
        throw new UsageError(
            "--security-opt: unknown option \"" + option + "\"",
            "the options are seccomp=FILE and no-new-privileges");
      }
    }
  }

  private static SeccompProfile read(String file) {
    try {
      return SeccompProfile.parse(file, Files.readAllBytes(Path.of(file)));
    } catch (IOException | InvalidPathException e) {
      throw new UsageError("--security-opt: \"" + file + "\" cannot be read");
    }
  }
}
