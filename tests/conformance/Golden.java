import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * An image as text, the same for two images that a user could not tell apart: its config, its
 * history and how its files differ from those of the base image. What depends on the machine is
 * left out or named: the busybox binary, the architecture, and any time after the fixed ones of the
 * test's inputs.
 */
final class Golden {
  private static final ObjectMapper JSON =
      new ObjectMapper().configure(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS, true);
  private static final Instant NEW = Instant.parse("2020-01-01T00:00:00Z");
  private static final int SHORT_TEXT = 200;

  private final Map<String, Tree> bases = new HashMap<>();
  private final byte[] busybox;
  private final String architecture;

  /** Knows the images that tests/conformance/make-bases made in a folder. */
  Golden(Path folder) throws IOException {
    byte[] binary = null;
    String machine = null;
    for (String name : List.of("base", "layers", "bare")) {
      Image image = Image.ofFolder(folder.resolve(name));
      Tree tree = new Tree();
      StringBuilder chain = new StringBuilder();
      for (int i = 0; i < image.layers().size(); i++) {
        tree.apply(image.layers().get(i));
        chain.append(image.config().path("rootfs").path("diff_ids").path(i).asText());
        bases.put(chain.toString(), new Tree(tree));
      }
      if (binary == null) {
        binary = tree.nodes().get("/bin/busybox").content();
        machine = image.config().path("architecture").asText();
      }
    }
    busybox = binary;
    architecture = machine;
  }

  String of(Image image) throws IOException {
    StringBuilder text = new StringBuilder();
    config(image.config(), text);
    text.append("history:\n");
    for (JsonNode step : image.config().path("history")) {
      history(step, text);
    }
    text.append("files:\n");
    files(image, text);
    return text.toString().replace(architecture, "{ARCH}");
  }

  /** Which layers of a second build are those of the first. */
  String again(Image first, Image second) throws IOException {
    Set<String> known = new HashSet<>();
    first.config().path("rootfs").path("diff_ids").forEach(id -> known.add(id.asText()));
    StringBuilder text = new StringBuilder("again:\n");
    int layer = 0;
    for (JsonNode step : second.config().path("history")) {
      if (!step.path("empty_layer").asBoolean()) {
        String id = second.config().path("rootfs").path("diff_ids").path(layer++).asText();
        if (!when(step.path("created")).startsWith("2001")) {
          text.append(known.contains(id) ? "  same " : "  new  ")
              .append(JSON.writeValueAsString(step.path("created_by").asText()))
              .append('\n');
        }
      }
    }
    return text.toString();
  }

  private static void config(JsonNode config, StringBuilder text) throws IOException {
    text.append("platform: ")
        .append(config.path("os").asText())
        .append('/')
        .append(config.path("architecture").asText());
    text.append(config.path("variant").asText()).append('\n');
    text.append("created: ").append(when(config.path("created"))).append('\n');
    if (config.hasNonNull("author")) {
      text.append("author: ").append(config.path("author").asText()).append('\n');
    }
    text.append("config:\n");
    Map<?, ?> fields = JSON.convertValue(config.path("config"), TreeMap.class);
    for (Map.Entry<?, ?> field : fields.entrySet()) {
      if (field.getValue() != null) {
        text.append("  ")
            .append(field.getKey())
            .append(": ")
            .append(JSON.writeValueAsString(field.getValue()))
            .append('\n');
      }
    }
  }

  private static void history(JsonNode step, StringBuilder text) throws IOException {
    text.append(step.path("empty_layer").asBoolean() ? "  empty " : "  layer ");
    text.append(when(step.path("created")))
        .append(' ')
        .append(JSON.writeValueAsString(step.path("created_by").asText()));
    for (String field : List.of("comment", "author")) {
      String value = step.path(field).asText();
      if (!value.isEmpty() && !value.equals("buildkit.dockerfile.v0")) {
        text.append(' ').append(field).append('=').append(value);
      }
    }
    text.append('\n');
  }

  private static String when(JsonNode time) {
    if (!time.isTextual()) {
      return "never";
    }
    Instant instant = Instant.parse(time.asText());
    return instant.isBefore(NEW) ? instant.toString() : "now";
  }

  private void files(Image image, StringBuilder text) throws IOException {
    Tree before = new Tree();
    Tree after = new Tree();
    StringBuilder chain = new StringBuilder();
    for (int i = 0; i < image.layers().size(); i++) {
      chain.append(image.config().path("rootfs").path("diff_ids").path(i).asText());
      Tree base = bases.get(chain.toString());
      if (base == null) {
        after.apply(image.layers().get(i));
      } else {
        before = base;
        after = new Tree(base);
      }
    }
    Map<String, String> old = lines(before);
    Map<String, String> now = lines(after);
    Stream.concat(old.keySet().stream(), now.keySet().stream())
        .sorted()
        .distinct()
        .filter(path -> !now.getOrDefault(path, "").equals(old.get(path)))
        .forEach(path -> {
          String kind = !now.containsKey(path) ? "- " : old.containsKey(path) ? "~ " : "+ ";
          text.append("  ")
              .append(kind)
              .append(path)
              .append(now.containsKey(path) ? " " + now.get(path) : "")
              .append('\n');
        });
  }

  private Map<String, String> lines(Tree tree) {
    Map<String, String> lines = new TreeMap<>();
    IdentityHashMap<Tree.Node, String> first = new IdentityHashMap<>();
    tree.nodes()
        .forEach((path, node) -> {
          String other = first.putIfAbsent(node, path);
          lines.put(path, other != null ? "hard link to " + other : line(node));
        });
    return lines;
  }

  private String line(Tree.Node node) {
    var entry = node.entry();
    StringBuilder text = new StringBuilder();
    if (entry.isDirectory()) {
      text.append("dir");
    } else if (entry.isSymbolicLink()) {
      text.append("link");
    } else if (entry.isCharacterDevice() || entry.isBlockDevice()) {
      text.append(entry.isBlockDevice() ? "block " : "char ")
          .append(entry.getDevMajor())
          .append(',')
          .append(entry.getDevMinor());
    } else {
      text.append(entry.isFIFO() ? "fifo" : "file");
    }
    if (!entry.isSymbolicLink()) {
      text.append(" %04o".formatted(entry.getMode() & 07777));
    }
    text.append(' ').append(entry.getLongUserId()).append(':').append(entry.getLongGroupId());
    Instant changed = entry.getLastModifiedTime().toInstant();
    text.append(' ')
        .append(
            changed.isBefore(NEW)
                ? Instant.ofEpochSecond(changed.getEpochSecond()).toString()
                : "now");
    if (entry.isSymbolicLink()) {
      text.append(" -> ").append(entry.getLinkName());
    } else if (entry.isFile() && !entry.isFIFO()) {
      text.append(' ').append(content(node.content()));
    }
    node.xattrs()
        .forEach((key, value) ->
            text.append(' ')
                .append(key)
                .append('=')
                .append(HexFormat.of().formatHex(value.getBytes(StandardCharsets.UTF_8))));
    return text.toString();
  }

  private String content(byte[] bytes) {
    if (Arrays.equals(bytes, busybox)) {
      return "busybox";
    }
    String text = new String(bytes, StandardCharsets.UTF_8);
    if (bytes.length <= SHORT_TEXT
        && text.chars().allMatch(c -> c == '\n' || c == '\t' || c >= ' ' && c < 127)) {
      return "\""
          + text.replace("\\", "\\\\")
              .replace("\"", "\\\"")
              .replace("\n", "\\n")
              .replace("\t", "\\t")
          + "\"";
    }
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(bytes);
      return bytes.length + " sha256:" + HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
