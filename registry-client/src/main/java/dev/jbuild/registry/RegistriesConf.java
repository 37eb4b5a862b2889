package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * containers' {@code registries.conf}, version 2: the {@code [[registry]]} and {@code
 * [[registry.mirror]]} tables. The file is TOML; the part of TOML that such files use is read
 * (table headers, strings, booleans, arrays, comments), anything else is skipped line by line.
 * Search lists and short-name aliases do not apply: a short name is Docker Hub's.
 */
record RegistriesConf(List<MirrorRules.Rule> rules) {
  static final RegistriesConf EMPTY = new RegistriesConf(List.of());

  RegistriesConf {
    rules = List.copyOf(rules);
  }

  /**
   * The file named by {@code CONTAINERS_REGISTRIES_CONF}, else the user's, else the system's; then
   * the {@code registries.conf.d} folder beside it, where a later file wins for the same prefix.
   */
  static RegistriesConf load(Map<String, String> environment) {
    List<Path> files = new ArrayList<>();
    String named = environment.get("CONTAINERS_REGISTRIES_CONF");
    String home = environment.get("HOME");
    if (named != null && !named.isBlank()) {
      files.add(Path.of(named));
    } else {
      Path own =
          home == null || home.isBlank()
              ? null
              : Path.of(home, ".config", "containers", "registries.conf");
      Path system = Path.of("/etc/containers/registries.conf");
      files.add(own != null && Files.exists(own) ? own : system);
      files.addAll(confFiles(Path.of("/etc/containers/registries.conf.d")));
      if (own != null) {
        files.addAll(confFiles(own.resolveSibling("registries.conf.d")));
      }
    }
    Map<String, MirrorRules.Rule> byPrefix = new LinkedHashMap<>();
    for (Path file : files) {
      if (Files.isReadable(file)) {
        try {
          parse(Files.readString(file, StandardCharsets.UTF_8), file.toString())
              .rules()
              .forEach(rule -> byPrefix.put(rule.prefix(), rule));
        } catch (IOException e) {
          throw new BuildFailure(
              BuildFailure.Kind.USER, "\"" + file + "\" is not readable: " + e.getMessage(), e);
        }
      }
    }
    return new RegistriesConf(List.copyOf(byPrefix.values()));
  }

  private static List<Path> confFiles(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".conf")).sorted().toList();
    } catch (IOException e) {
      return List.of();
    }
  }

  /**
   * @param file named in failures
   * @throws BuildFailure of kind {@code USER} for a registry without prefix and location
   */
  static RegistriesConf parse(String text, String file) {
    Reader reader = new Reader(file);
    int number = 0;
    for (String line : text.split("\n", -1)) {
      reader.line(line.strip(), ++number);
    }
    return new RegistriesConf(reader.finish());
  }

  private static final class Reader {
    private final String file;
    private final List<MirrorRules.Rule> rules = new ArrayList<>();
    private @Nullable Map<String, String> registry;
    private final List<Map<String, String>> mirrors = new ArrayList<>();
    private @Nullable Map<String, String> table;
    private int registryLine;

    Reader(String file) {
      this.file = file;
    }

    void line(String line, int number) {
      if (line.isEmpty() || line.startsWith("#")) {
        return;
      }
      if (line.startsWith("[")) {
        String header = uncommented(line).replaceAll("\\s", "");
        switch (header) {
          case "[[registry]]" -> {
            endRegistry();
            Map<String, String> opened = new LinkedHashMap<>();
            registry = opened;
            table = opened;
            registryLine = number;
          }
          case "[[registry.mirror]]" -> {
            Map<String, String> mirror = new LinkedHashMap<>();
            mirrors.add(mirror);
            table = mirror;
          }
          default -> table = null;
        }
        return;
      }
      int equals = line.indexOf('=');
      if (equals > 0 && table != null) {
        table.put(line.substring(0, equals).strip(), value(line.substring(equals + 1).strip()));
      }
    }

    List<MirrorRules.Rule> finish() {
      endRegistry();
      return rules;
    }

    private void endRegistry() {
      Map<String, String> opened = registry;
      if (opened == null) {
        mirrors.clear();
        return;
      }
      String location = opened.getOrDefault("location", "");
      String prefix = opened.getOrDefault("prefix", "");
      if (prefix.isEmpty()) {
        prefix = location;
      }
      if (prefix.isEmpty()) {
        throw new BuildFailure(
            BuildFailure.Kind.USER,
            file + ":" + registryLine + ":1: a [[registry]] needs a prefix or a location");
      }
      boolean digestsOnly = isTrue(opened, "mirror-by-digest-only");
      List<MirrorRules.Mirror> list = new ArrayList<>();
      for (Map<String, String> mirror : mirrors) {
        MirrorRules.Serves serves =
            switch (mirror.getOrDefault("pull-from-mirror", "all")) {
              case "digest-only" -> MirrorRules.Serves.DIGESTS;
              case "tag-only" -> MirrorRules.Serves.TAGS;
              default -> digestsOnly ? MirrorRules.Serves.DIGESTS : MirrorRules.Serves.ALL;
            };
        list.add(
            new MirrorRules.Mirror(
                mirror.getOrDefault("location", ""), isTrue(mirror, "insecure"), serves));
      }
      list.removeIf(mirror -> mirror.location().isEmpty());
      rules.add(
          new MirrorRules.Rule(
              prefix,
              prefix.equals(location) ? "" : location,
              isTrue(opened, "insecure"),
              isTrue(opened, "blocked"),
              list));
      registry = null;
      mirrors.clear();
    }

    private static boolean isTrue(Map<String, String> table, String key) {
      return "true".equals(table.get(key));
    }

    private static String value(String text) {
      if (text.startsWith("\"") || text.startsWith("'")) {
        int end = text.indexOf(text.charAt(0), 1);
        return end < 0 ? "" : text.substring(1, end);
      }
      return uncommented(text);
    }

    private static String uncommented(String text) {
      int hash = text.indexOf('#');
      return (hash < 0 ? text : text.substring(0, hash)).strip();
    }
  }
}
