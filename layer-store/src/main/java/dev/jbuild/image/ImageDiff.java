package dev.jbuild.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.image.FileChange.Aspect;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.Sameness;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Json;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How two images differ, in configuration and in files. Content is read only of files that are
 * equal in size and are not the same file of a layer both have.
 *
 * @param config settings, by name
 * @param files paths, in tree order
 */
public record ImageDiff(List<ConfigChange> config, List<FileChange> files) {
  public ImageDiff {
    config = List.copyOf(config);
    files = List.copyOf(files);
  }

  static ImageDiff between(Store store, Image before, Image after) throws IOException {
    List<FileChange> files = new ArrayList<>();
    List<DiffId> old = before.config().diffIds();
    List<DiffId> now = after.config().diffIds();
    if (!old.equals(now)) {
      try (FileTree left = store.layers().view(old);
          FileTree right = store.layers().view(now)) {
        compare(
            left,
            right,
            left.find(BytePath.ROOT).orElseThrow(),
            right.find(BytePath.ROOT).orElseThrow(),
            files);
      }
    }
    return new ImageDiff(config(before.config(), after.config()), files);
  }

  private static void compare(
      FileTree left, FileTree right, TreeEntry before, TreeEntry after, List<FileChange> changes)
      throws IOException {
    Set<Aspect> aspects = aspects(before, after);
    if (!aspects.isEmpty()) {
      changes.add(
          new FileChange(
              FileChange.Kind.CHANGED, after.path(), aspects, size(before), size(after)));
    }
    if (before.isDirectory() && after.isDirectory()) {
      NavigableMap<BytePath, TreeEntry> old = byPath(left.list(before.path()));
      NavigableMap<BytePath, TreeEntry> now = byPath(right.list(after.path()));
      TreeSet<BytePath> names = new TreeSet<>(old.keySet());
      names.addAll(now.keySet());
      for (BytePath name : names) {
        TreeEntry was = old.get(name);
        TreeEntry is = now.get(name);
        if (was != null && is != null) {
          compare(left, right, was, is, changes);
        } else if (was != null) {
          only(left, was, FileChange.Kind.REMOVED, changes);
        } else if (is != null) {
          only(right, is, FileChange.Kind.ADDED, changes);
        }
      }
    } else if (before.isDirectory()) {
      below(left, before, FileChange.Kind.REMOVED, changes);
    } else if (after.isDirectory()) {
      below(right, after, FileChange.Kind.ADDED, changes);
    }
  }

  private static NavigableMap<BytePath, TreeEntry> byPath(List<TreeEntry> entries) {
    NavigableMap<BytePath, TreeEntry> map = new TreeMap<>();
    entries.forEach(entry -> map.put(entry.path(), entry));
    return map;
  }

  private static void only(
      FileTree tree, TreeEntry entry, FileChange.Kind kind, List<FileChange> changes)
      throws IOException {
    boolean removed = kind == FileChange.Kind.REMOVED;
    changes.add(
        new FileChange(
            kind, entry.path(), Set.of(), removed ? size(entry) : 0, removed ? 0 : size(entry)));
    if (entry.isDirectory()) {
      below(tree, entry, kind, changes);
    }
  }

  private static void below(
      FileTree tree, TreeEntry directory, FileChange.Kind kind, List<FileChange> changes)
      throws IOException {
    for (TreeEntry child : tree.list(directory.path())) {
      only(tree, child, kind, changes);
    }
  }

  private static long size(TreeEntry entry) {
    return entry instanceof TreeEntry.RegularFile file ? file.size() : 0;
  }

  private static Set<Aspect> aspects(TreeEntry before, TreeEntry after) throws IOException {
    EnumSet<Aspect> aspects = EnumSet.noneOf(Aspect.class);
    if (before.type() != after.type()) {
      aspects.add(Aspect.TYPE);
    } else if (!Sameness.sameContent(before, after)) {
      aspects.add(after instanceof TreeEntry.Symlink ? Aspect.TARGET : Aspect.CONTENT);
    }
    if (before.attributes().mode() != after.attributes().mode()) {
      aspects.add(Aspect.MODE);
    }
    if (before.attributes().uid() != after.attributes().uid()
        || before.attributes().gid() != after.attributes().gid()) {
      aspects.add(Aspect.OWNER);
    }
    // The time of a directory says that something in it changed, which is reported itself.
    if (!after.isDirectory() && !before.attributes().mtime().equals(after.attributes().mtime())) {
      aspects.add(Aspect.TIME);
    }
    if (!before.attributes().xattrs().equals(after.attributes().xattrs())) {
      aspects.add(Aspect.XATTRS);
    }
    return aspects;
  }

  private static List<ConfigChange> config(ImageConfig before, ImageConfig after) {
    Map<String, String> old = settings(before);
    Map<String, String> now = settings(after);
    TreeSet<String> fields = new TreeSet<>(old.keySet());
    fields.addAll(now.keySet());
    List<ConfigChange> changes = new ArrayList<>();
    for (String field : fields) {
      if (!Objects.equals(old.get(field), now.get(field))) {
        changes.add(new ConfigChange(field, old.get(field), now.get(field)));
      }
    }
    return changes;
  }

  /** All settings by a name for people; lists of pairs taken apart. */
  private static Map<String, String> settings(ImageConfig config) {
    Map<String, String> settings = new TreeMap<>();
    settings.put("platform", config.platform().toString());
    config.createdAt().ifPresent(created -> settings.put("created", created.toString()));
    if (!config.author().isEmpty()) {
      settings.put("author", config.author());
    }
    JsonNode node = Json.parseObject(config.toBytes(), "image config").path("config");
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      JsonNode value = field.getValue();
      if (field.getKey().equals("Env")) {
        for (JsonNode variable : value) {
          String text = variable.asText();
          int equals = Math.max(0, text.indexOf('='));
          settings.put("Env " + text.substring(0, equals), text.substring(equals + 1));
        }
      } else if (value instanceof ObjectNode pairs && !field.getKey().equals("Healthcheck")) {
        for (Map.Entry<String, JsonNode> pair : pairs.properties()) {
          settings.put(field.getKey() + " " + pair.getKey(), text(pair.getValue()));
        }
      } else {
        settings.put(field.getKey(), text(value));
      }
    }
    return settings;
  }

  private static String text(JsonNode value) {
    return value.isTextual() ? value.textValue() : value.toString();
  }
}
