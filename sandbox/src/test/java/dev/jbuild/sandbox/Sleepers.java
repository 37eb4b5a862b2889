package dev.jbuild.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Processes that sleep long, and can be told from those of another test, or of somebody else on the
 * machine.
 */
final class Sleepers {

  private static final String UNIQUE = "." + System.nanoTime();

  private Sleepers() {}

  /** A command that sleeps for so many seconds. */
  static String sleep(int seconds) {
    return "sleep " + seconds + UNIQUE;
  }

  /** How many processes of the whole machine do so. */
  static long alive(int seconds) {
    return ProcessHandle.allProcesses()
        .filter(p -> {
          try {
            byte[] line = Files.readAllBytes(Path.of("/proc/" + p.pid() + "/cmdline"));
            return new String(line, StandardCharsets.UTF_8)
                .replace('\0', ' ')
                .contains(sleep(seconds) + " ");
          } catch (IOException _) {
            return false;
          }
        })
        .filter(p -> p.pid() != ProcessHandle.current().pid())
        .count();
  }
}
