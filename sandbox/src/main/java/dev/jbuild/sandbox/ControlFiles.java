package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The control files of one step's cgroups, by controller; two controllers of one hierarchy share a
 * folder.
 *
 * @param folders by controller, in the order of their making
 * @param memoryUnified whether memory is counted by version 2
 * @param cpuUnified whether CPU time is
 */
record ControlFiles(Map<String, Path> folders, boolean memoryUnified, boolean cpuUnified) {

  /** None yet, on this machine. */
  static ControlFiles on(Cgroups machine) {
    return new ControlFiles(
        new LinkedHashMap<>(),
        machine.with("memory").map(Cgroups.Hierarchy::unified).orElse(false),
        machine.with("cpu").map(Cgroups.Hierarchy::unified).orElse(false));
  }

  /**
   * The same files, for other threads: folders that are added or forgotten later change nothing.
   */
  ControlFiles snapshot() {
    return new ControlFiles(Map.copyOf(folders), memoryUnified, cpuUnified);
  }

  /** The files of the same names in a child of each folder, which need not be there yet. */
  ControlFiles below(String child) {
    Map<String, Path> children = new LinkedHashMap<>();
    folders.forEach((controller, folder) -> children.put(controller, folder.resolve(child)));
    return new ControlFiles(children, memoryUnified, cpuUnified);
  }

  boolean has(String controller) {
    return folders.containsKey(controller);
  }

  void set(String controller, String file, long value) {
    set(controller, file, Long.toString(value));
  }

  void set(String controller, String file, String value) {
    Path folder = folders.get(controller);
    try {
      if (folder == null) {
        throw new NoSuchFileException(file);
      }
      write(folder.resolve(file), value);
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "limit " + file + " cannot be set to " + value + ": " + words(e),
          "run without the limit, or on a machine whose kernel has it",
          e);
    }
  }

  boolean offer(String controller, String file, String value) {
    Path folder = folders.get(controller);
    if (folder == null || !Files.exists(folder.resolve(file))) {
      return false;
    }
    try {
      write(folder.resolve(file), value);
      return true;
    } catch (IOException _) {
      return false;
    }
  }

  /** What the kernel holds by a file, if it is there. */
  Optional<String> text(String controller, String file) {
    Path folder = folders.get(controller);
    try {
      return folder == null
          ? Optional.empty()
          : Optional.of(Files.readString(folder.resolve(file)).strip());
    } catch (IOException _) {
      return Optional.empty();
    }
  }

  OptionalLong number(String controller, String file) {
    Path folder = folders.get(controller);
    if (folder == null) {
      return OptionalLong.empty();
    }
    try {
      return OptionalLong.of(Long.parseLong(Files.readString(folder.resolve(file)).strip()));
    } catch (IOException | NumberFormatException _) {
      return OptionalLong.empty();
    }
  }

  OptionalLong keyed(String controller, String file, String key) {
    Path folder = folders.get(controller);
    if (folder == null) {
      return OptionalLong.empty();
    }
    try {
      for (String line : Files.readString(folder.resolve(file)).lines().toList()) {
        if (line.startsWith(key + " ")) {
          return OptionalLong.of(Long.parseLong(line.substring(key.length() + 1).strip()));
        }
      }
    } catch (IOException | NumberFormatException _) {
      // Not counted by this kernel.
    }
    return OptionalLong.empty();
  }

  static void write(Path file, String value) throws IOException {
    // One write call: the kernel takes each as one command.
    try (var out = Files.newOutputStream(file)) {
      out.write(value.getBytes(StandardCharsets.US_ASCII));
    }
  }

  static String words(IOException e) {
    if (e instanceof AccessDeniedException denied) {
      return denied.getFile() + ": permission denied";
    }
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }
}
