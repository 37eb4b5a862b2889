package dev.jbuild.sandbox;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A system-call policy in the JSON format of {@code docker run --security-opt seccomp=FILE}: rules
 * that count for some capabilities, architectures and kernels only. {@link #resolve} leaves those
 * that count, in the form of the runtime spec. Immutable.
 */
public final class SeccompProfile {

  private static final JsonMapper JSON = new JsonMapper();

  private static final Map<String, String> ARCHITECTURES =
      Map.of("amd64", "SCMP_ARCH_X86_64", "aarch64", "SCMP_ARCH_AARCH64");

  /** Names of architectures in "arches", by what the JVM calls them. */
  private static final Map<String, String> GO_NAMES = Map.of("amd64", "amd64", "aarch64", "arm64");

  private final Document document;
  private final String json;

  record Document(
      String defaultAction,
      @Nullable Integer defaultErrnoRet,
      @Nullable List<ArchMap> archMap,
      @Nullable List<String> architectures,
      @Nullable List<Rule> syscalls) {}

  record ArchMap(String architecture, @Nullable List<String> subArchitectures) {}

  record Rule(
      @Nullable String name,
      @Nullable List<String> names,
      String action,
      @Nullable Integer errnoRet,
      @Nullable List<SeccompFilter.Arg> args,
      @Nullable Condition includes,
      @Nullable Condition excludes) {}

  record Condition(
      @Nullable List<String> arches, @Nullable List<String> caps, @Nullable String minKernel) {}

  private final Map<List<String>, SeccompFilter> resolved = new ConcurrentHashMap<>();

  private SeccompProfile(Document document, String json) {
    this.document = document;
    this.json = json;
  }

  /** Docker's default policy. */
  public static SeccompProfile dockerDefault() {
    return Default.PROFILE;
  }

  private static final class Default {
    private static final SeccompProfile PROFILE = load();

    private static SeccompProfile load() {
      try (InputStream in = SeccompProfile.class.getResourceAsStream("seccomp-default.json")) {
        if (in == null) {
          throw new IOException("not in the jar");
        }
        return parse("seccomp-default.json", in.readAllBytes());
      } catch (IOException e) {
        throw new BuildFailure(
            BuildFailure.Kind.INTERNAL, "default seccomp profile: " + e.getMessage(), e);
      }
    }
  }

  /**
   * Reads a profile.
   *
   * @param name of the file, for messages
   * @throws BuildFailure of kind USER if the text is no profile
   */
  public static SeccompProfile parse(String name, byte[] json) {
    try {
      // Field by field: to bind it to records by reflection takes ten times as long, at every
      // start.
      return new SeccompProfile(
          document(JSON.readTree(json)), new String(json, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw unreadable(name, e.getOriginalMessage(), e);
    } catch (IOException | IllegalArgumentException e) {
      throw unreadable(name, e.getMessage(), e);
    }
  }

  /** The text that it was read from. */
  public String json() {
    return json;
  }

  private static BuildFailure unreadable(String name, @Nullable String why, Exception cause) {
    return new BuildFailure(
        BuildFailure.Kind.USER, "seccomp profile \"" + name + "\" cannot be read: " + why, cause);
  }

  private static Document document(JsonNode root) {
    if (!root.isObject()) {
      throw new IllegalArgumentException("it is no JSON object");
    }
    return new Document(
        need(root, "defaultAction"),
        number(root, "defaultErrnoRet"),
        list(
            root,
            "archMap",
            map -> new ArchMap(need(map, "architecture"), texts(map, "subArchitectures"))),
        texts(root, "architectures"),
        list(root, "syscalls", SeccompProfile::rule));
  }

  private static Rule rule(JsonNode rule) {
    return new Rule(
        text(rule, "name"),
        texts(rule, "names"),
        need(rule, "action"),
        number(rule, "errnoRet"),
        list(rule, "args", SeccompProfile::argument),
        condition(rule.get("includes")),
        condition(rule.get("excludes")));
  }

  private static SeccompFilter.Arg argument(JsonNode arg) {
    return new SeccompFilter.Arg(
        (int) unsigned(arg, "index"),
        unsigned(arg, "value"),
        unsigned(arg, "valueTwo"),
        need(arg, "op"));
  }

  private static @Nullable Condition condition(@Nullable JsonNode node) {
    return node == null || node.isNull()
        ? null
        : new Condition(texts(node, "arches"), texts(node, "caps"), text(node, "minKernel"));
  }

  private static @Nullable JsonNode field(JsonNode object, String field) {
    JsonNode value = object.get(field);
    return value == null || value.isNull() ? null : value;
  }

  private static @Nullable String text(JsonNode object, String field) {
    JsonNode value = field(object, field);
    if (value != null && !value.isTextual()) {
      throw new IllegalArgumentException("\"" + field + "\" is no text: " + value);
    }
    return value == null ? null : value.textValue();
  }

  private static String need(JsonNode object, String field) {
    String text = text(object, field);
    if (text == null) {
      throw new IllegalArgumentException("\"" + field + "\" is missing in " + object);
    }
    return text;
  }

  private static @Nullable Integer number(JsonNode object, String field) {
    return field(object, field) == null ? null : (int) unsigned(object, field);
  }

  /** A uint64 of the specification, as the same bits; 0 where there is none. */
  private static long unsigned(JsonNode object, String field) {
    JsonNode value = field(object, field);
    if (value == null) {
      return 0;
    }
    if (!value.isIntegralNumber() || value.bigIntegerValue().bitLength() > Long.SIZE) {
      throw new IllegalArgumentException("\"" + field + "\" is no whole number: " + value);
    }
    return value.bigIntegerValue().longValue();
  }

  private static @Nullable List<String> texts(JsonNode object, String field) {
    return list(
        object,
        field,
        value -> {
          if (!value.isTextual()) {
            throw new IllegalArgumentException("\"" + field + "\" has what is no text: " + value);
          }
          return value.textValue();
        });
  }

  private static <T> @Nullable List<T> list(
      JsonNode object, String field, Function<JsonNode, T> each) {
    JsonNode values = field(object, field);
    if (values == null) {
      return null;
    }
    if (!values.isArray()) {
      throw new IllegalArgumentException("\"" + field + "\" is no list: " + values);
    }
    List<T> result = new ArrayList<>(values.size());
    for (JsonNode value : values) {
      result.add(each.apply(value));
    }
    return result;
  }

  /** The rules that count on this machine for a step with these capabilities. */
  public SeccompFilter resolve(Collection<String> capabilities) {
    return resolved.computeIfAbsent(
        List.copyOf(capabilities),
        caps -> resolve(caps, System.getProperty("os.arch"), System.getProperty("os.version")));
  }

  SeccompFilter resolve(Collection<String> capabilities, String arch, String kernel) {
    String own = ARCHITECTURES.get(arch);
    if (own == null) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED, "no seccomp policy for architecture \"" + arch + "\"");
    }
    Set<String> architectures = new LinkedHashSet<>(List.of(own));
    if (document.archMap != null) {
      for (ArchMap map : document.archMap) {
        if (map.architecture.equals(own) && map.subArchitectures != null) {
          architectures.addAll(map.subArchitectures);
        }
      }
    } else if (document.architectures != null) {
      architectures.addAll(document.architectures);
    }
    List<SeccompFilter.Syscall> rules = new ArrayList<>();
    for (Rule rule : document.syscalls == null ? List.<Rule>of() : document.syscalls) {
      if (counts(rule, capabilities, GO_NAMES.getOrDefault(arch, arch), kernel)) {
        List<String> names =
            rule.names != null ? rule.names : rule.name == null ? List.of() : List.of(rule.name);
        rules.add(
            new SeccompFilter.Syscall(
                names, rule.action, rule.errnoRet, rule.args == null ? List.of() : rule.args));
      }
    }
    return new SeccompFilter(
        document.defaultAction,
        document.defaultErrnoRet,
        List.copyOf(architectures),
        List.of(),
        rules);
  }

  private static boolean counts(
      Rule rule, Collection<String> capabilities, String arch, String kernel) {
    Condition in = rule.includes;
    if (in != null) {
      if ((some(in.arches) && !list(in.arches).contains(arch))
          || !capabilities.containsAll(list(in.caps))
          || (in.minKernel != null && !atLeast(kernel, in.minKernel))) {
        return false;
      }
    }
    Condition out = rule.excludes;
    return out == null
        || !(list(out.arches).contains(arch)
            || list(out.caps).stream().anyMatch(capabilities::contains)
            || (out.minKernel != null && atLeast(kernel, out.minKernel)));
  }

  private static boolean some(@Nullable List<String> values) {
    return values != null && !values.isEmpty();
  }

  private static List<String> list(@Nullable List<String> values) {
    return values == null ? List.of() : values;
  }

  static boolean atLeast(String kernel, String wanted) {
    int[] have = version(kernel);
    int[] need = version(wanted);
    return have[0] != need[0] ? have[0] > need[0] : have[1] >= need[1];
  }

  private static int[] version(String text) {
    String[] parts = text.split("[^0-9]+", 3);
    return new int[] {
      parts.length > 0 && !parts[0].isEmpty() ? Integer.parseInt(parts[0]) : 0,
      parts.length > 1 && !parts[1].isEmpty() ? Integer.parseInt(parts[1]) : 0
    };
  }
}
