package dev.jbuild.cli;

import dev.jbuild.dockerfile.ast.Nearest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The file of {@code --config}: flags as if they stood in front of those that were typed, which
 * therefore win; of a repeatable flag both count.
 *
 * <pre>
 * # for every verb that has the flag
 * root = /srv/jbuild
 * registry-mirror = docker.io=mirror.example
 *
 * [build]
 * progress = plain
 * reproducible = true
 * </pre>
 */
final class ConfigFile {
  private final Path file;
  private final List<Entry> entries = new ArrayList<>();

  /**
   * A line.
   *
   * @param verb for which alone it is; null for all
   * @param name of the flag, with its hyphens
   */
  private record Entry(int line, @Nullable Verb verb, String name, String value) {}

  private ConfigFile(Path file) {
    this.file = file;
  }

  /**
   * Reads a file.
   *
   * @throws UsageError at the line that cannot be understood
   */
  static ConfigFile read(Path file) throws IOException {
    ConfigFile config = new ConfigFile(file);
    Verb verb = null;
    int number = 0;
    for (String raw : Files.readAllLines(file)) {
      number++;
      String line = raw.strip();
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      if (line.startsWith("[")) {
        verb = config.section(number, line);
        continue;
      }
      int equals = line.indexOf('=');
      if (equals <= 0) {
        throw config.error(number, "\"" + line + "\" is not FLAG = VALUE", null);
      }
      String name = "--" + line.substring(0, equals).strip().replaceFirst("^--", "");
      if (name.equals("--config")) {
        throw config.error(number, "a file of settings names no other", null);
      }
      config.entries.add(new Entry(number, verb, name, line.substring(equals + 1).strip()));
    }
    return config;
  }

  private Verb section(int number, String line) {
    String word = line.endsWith("]") ? line.substring(1, line.length() - 1).strip() : line;
    return Verb.of(word)
        .orElseThrow(() ->
            error(
                number,
                "\"" + word + "\" is no verb",
                near(word, Arrays.stream(Verb.values()).map(Verb::word).toList())));
  }

  /**
   * The flags for a verb.
   *
   * @param known the verb's own, by name
   * @throws UsageError for a flag that the verb of its section, or any verb, does not have
   */
  List<String> flags(Verb verb, Map<String, OptionSpec> known) {
    List<String> flags = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry.verb() != null && entry.verb() != verb) {
        continue;
      }
      OptionSpec option = known.get(entry.name());
      if (option != null) {
        add(entry, option, flags);
      } else if (entry.verb() != null) {
        throw unknown(entry, verb.word() + " has no flag", known);
      } else if (!isAnywhere(entry.name())) {
        throw unknown(entry, "no verb has a flag", known);
      }
    }
    return flags;
  }

  private void add(Entry entry, OptionSpec option, List<String> flags) {
    if (option.arity().max() > 0) {
      flags.add(entry.name() + "=" + entry.value());
      return;
    }
    switch (entry.value()) {
      case "true" -> flags.add(entry.name());
      case "false" -> {}
      default ->
          throw error(
              entry.line(),
              entry.name().substring(2) + " is true or false, not \"" + entry.value() + "\"",
              null);
    }
  }

  /** Makes every command; that costs only those who use a file. */
  private static boolean isAnywhere(String name) {
    return Arrays.stream(Verb.values())
        .anyMatch(verb ->
            new CommandLine(verb.command()).getCommandSpec().optionsMap().containsKey(name));
  }

  private UsageError unknown(Entry entry, String what, Map<String, OptionSpec> known) {
    String name = entry.name().substring(2);
    List<String> names =
        known.keySet().stream()
            .filter(flag -> flag.startsWith("--"))
            .map(flag -> flag.substring(2))
            .toList();
    return error(entry.line(), what + " \"" + name + "\"", near(name, names));
  }

  private static @Nullable String near(String word, List<String> words) {
    return Nearest.hint(word, words).orElse(null);
  }

  private UsageError error(int line, String message, @Nullable String hint) {
    return new UsageError(file + ":" + line + ":1: " + message, hint);
  }
}
