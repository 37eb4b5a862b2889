import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/** A file system in memory, made by applying layers as the OCI image specification says. */
final class Tree {
  /** What a path is. Hard links share one node. */
  record Node(TarArchiveEntry entry, byte[] content, Map<String, String> xattrs) {}

  private static final String XATTR = "SCHILY.xattr.";
  private final TreeMap<String, Node> nodes = new TreeMap<>();

  Tree() {}

  Tree(Tree other) {
    nodes.putAll(other.nodes);
  }

  /** By absolute path, sorted. */
  TreeMap<String, Node> nodes() {
    return nodes;
  }

  /** Applies one layer. A whiteout hides what is below, never what its own layer adds. */
  void apply(byte[] layer) throws IOException {
    Map<String, Node> added = new HashMap<>();
    try (var tar = new TarArchiveInputStream(new ByteArrayInputStream(layer))) {
      for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
        add(absolute(entry.getName()), entry, tar.readAllBytes(), added);
      }
    }
    added.forEach((path, node) -> {
      if (!node.entry().isDirectory()) {
        nodes.subMap(path + "/", path + "0").keySet().removeIf(below -> !added.containsKey(below));
      }
      nodes.put(path, node);
    });
  }

  private void add(String path, TarArchiveEntry entry, byte[] content, Map<String, Node> added) {
    int slash = path.lastIndexOf('/');
    String folder = path.substring(0, slash);
    String name = path.substring(slash + 1);
    if (name.equals(".wh..wh..opq")) {
      nodes.subMap(folder + "/", folder + "0").clear();
    } else if (name.startsWith(".wh.")) {
      String gone = folder + "/" + name.substring(4);
      nodes.remove(gone);
      nodes.subMap(gone + "/", gone + "0").clear();
    } else if (entry.isLink()) {
      String target = absolute(entry.getLinkName());
      Node node = added.containsKey(target) ? added.get(target) : nodes.get(target);
      if (node == null) {
        throw new IllegalStateException(
            path + " is a hard link to " + target + ", which is not there");
      }
      added.put(path, node);
    } else {
      Map<String, String> xattrs = new TreeMap<>();
      entry
          .getExtraPaxHeaders()
          .forEach((key, value) -> {
            if (key.startsWith(XATTR)) {
              xattrs.put(key.substring(XATTR.length()), value);
            }
          });
      added.put(path, new Node(entry, content, xattrs));
    }
  }

  private static String absolute(String name) {
    String path = name;
    while (path.startsWith("./") || path.startsWith("/")) {
      path = path.substring(path.startsWith("/") ? 1 : 2);
    }
    while (path.endsWith("/")) {
      path = path.substring(0, path.length() - 1);
    }
    return path.equals(".") || path.isEmpty() ? "/" : "/" + path;
  }
}
