package dev.jbuild.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** This machine as probes ask it: by its settings, and by what becomes of a command. */
final class Machine {

  private Machine() {}

  /** The text of a file such as those below /proc/sys, stripped; empty if it cannot be read. */
  static String setting(String path) {
    try {
      return Files.readString(Path.of(path)).strip();
    } catch (IOException _) {
      return "";
    }
  }

  static String kernelRelease() {
    return setting("/proc/sys/kernel/osrelease");
  }

  /** The exit code of a command whose output does not matter; 127 if it cannot be run. */
  static int exitCode(String... command) {
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (IOException _) {
      return 127;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 127;
    }
  }
}
