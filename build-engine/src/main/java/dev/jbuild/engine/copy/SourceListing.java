package dev.jbuild.engine.copy;

import dev.jbuild.engine.graph.Op;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What the sources of a COPY are, as text for {@link dev.jbuild.engine.cache.FileManifests}: names,
 * kinds, modes, owners, links, attributes and digests of content. Times are left out, so that a
 * fresh checkout hits.
 *
 * <p>Of a source its last component counts, as BuildKit has it (semantics 77); where in its tree it
 * lies does not.
 */
public final class SourceListing {
  private final FileDigests digests;

  public SourceListing(FileDigests digests) {
    this.digests = digests;
  }

  private record Line(String path, TreeEntry entry) {}

  /**
   * Lists what a copy takes.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND} for a literal source that does not
   *     exist
   */
  public byte[] list(Op.Copy copy, FileTree tree) throws IOException {
    SourceSelection selection = SourceSelection.of(copy, tree);
    List<Line> lines = new ArrayList<>();
    for (SourceSelection.Source source : selection.sources()) {
      if (selection.leavesOut(source)) {
        continue;
      }
      selection.walk(
          source,
          (relative, entry) -> {
            BytePath shown = relative.isRoot() ? source.name() : relative;
            lines.add(new Line(shown.toString(), entry));
          });
    }
    List<String> contents = digests.all(lines.stream().map(Line::entry).toList());
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < lines.size(); i++) {
      Line line = lines.get(i);
      describe(text, line.entry(), contents.get(i));
      text.append('\t').append(line.path()).append('\n');
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
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
