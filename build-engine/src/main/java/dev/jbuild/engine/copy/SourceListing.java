package dev.jbuild.engine.copy;

import dev.jbuild.engine.graph.Op;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the sources of a COPY are, as text for {@link dev.jbuild.engine.cache.FileManifests}: names,
 * kinds, modes, owners, links, attributes, digests of content, and which are names of one file.
 * Times are left out, so that a fresh checkout hits.
 *
 * <p>A source itself is marked, so that two directories are not taken for one in another, nor an
 * archive that ADD unpacks for one that lies in a directory. Of a source its last component counts,
 * as BuildKit has it (semantics 77); where in its tree it lies does not.
 */
public final class SourceListing {
  private final FileDigests digests;

  public SourceListing(FileDigests digests) {
    this.digests = digests;
  }

  /** A file in the sources' order; {@code source} counts them. */
  private record Line(int source, String path, TreeEntry entry, boolean isSource) {}

  /**
   * Lists what a copy takes.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND} for a literal source that does not
   *     exist
   */
  public byte[] list(Op.Copy copy, FileTree tree) throws IOException {
    // Times are not listed.
    SourceSelection selection = SourceSelection.of(copy, tree, Instant.EPOCH);
    List<Line> lines;
    if (tree instanceof ContextTree) {
      try (AheadTree ahead = new AheadTree(tree)) {
        lines = lines(selection.through(ahead));
      }
    } else {
      lines = lines(selection);
    }
    List<String> contents = digests.all(lines.stream().map(Line::entry).toList());
    Map<ContentSource.LinkKey, String> firstNames = new HashMap<>();
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      text.append(line.isSource() ? ">" : "");
      describe(text, line.entry(), contents.get(i));
      text.append(sameFile(line, firstNames)).append('\t').append(line.path()).append('\n');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static List<Line> lines(SourceSelection selection) throws IOException {
    List<Line> lines = new ArrayList<>();
    int number = 0;
    for (SourceSelection.Source source : selection.sources()) {
      int current = number++;
      if (selection.leavesOut(source)) {
        continue;
      }
      selection.walk(
          source,
          (relative, entry) -> {
            BytePath shown = relative.isRoot() ? source.name() : relative;
            lines.add(new Line(current, shown.toString(), entry, relative.isRoot()));
          });
    }
    return lines;
  }

  /** Which file of those before it a further name is for: a copy keeps names of one file so. */
  private static String sameFile(Line line, Map<ContentSource.LinkKey, String> firstNames) {
    Optional<ContentSource.LinkKey> key =
        line.entry() instanceof TreeEntry.RegularFile file
            ? file.content().link()
            : Optional.empty();
    if (key.isEmpty()) {
      return "";
    }
    String name = line.source() + ":" + line.path();
    String first = firstNames.putIfAbsent(key.get(), name);
    return first == null ? "" : "=" + Digest.of(first.getBytes(StandardCharsets.UTF_8)).hex();
  }

  private static void describe(StringBuilder text, TreeEntry entry, String content) {
    Attributes attributes = entry.attributes();
    text.append(entry.type())
        .append(' ')
        .append(Integer.toOctalString(attributes.mode()))
        .append(' ')
        .append(attributes.uid())
        .append(':')
        .append(attributes.gid());
    if (!attributes.xattrs().isEmpty()) {
      text.append(' ')
          .append(Digest.of(attributes.xattrs().toString().getBytes(StandardCharsets.UTF_8)).hex());
    }
    text.append(' ').append(content);
  }
}
