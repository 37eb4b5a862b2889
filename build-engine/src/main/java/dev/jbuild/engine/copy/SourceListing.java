package dev.jbuild.engine.copy;

import dev.jbuild.engine.graph.Op;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

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
  /** Lines that are put into words at once. */
  private static final int PIECE = 512;

  /** About as many bytes as a line has. */
  private static final int LINE = 112;

  private final FileDigests digests;

  public SourceListing(FileDigests digests) {
    this.digests = digests;
  }

  /**
   * A file in the sources' order.
   *
   * @param first the file's first name, if this is a further one of a file that came before
   */
  private record Line(BytePath path, TreeEntry entry, boolean isSource, Optional<String> first) {}

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
    ByteArrayOutputStream text = new ByteArrayOutputStream(lines.size() * LINE);
    try {
      // On the common pool: hashing is work for processors, not for the threads of a build.
      IntStream.range(0, Math.ceilDiv(lines.size(), PIECE))
          .parallel()
          .mapToObj(piece -> text(lines, piece * PIECE))
          .toList()
          .forEach(text::writeBytes);
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    return text.toByteArray();
  }

  /** The text of {@link #PIECE} lines, or of as many as there are. */
  private byte[] text(List<Line> lines, int from) {
    StringBuilder text = new StringBuilder(PIECE * LINE);
    try {
      for (Line line : lines.subList(from, Math.min(from + PIECE, lines.size()))) {
        describe(text, line);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static List<Line> lines(SourceSelection selection) throws IOException {
    List<Line> lines = new ArrayList<>();
    Map<ContentSource.LinkKey, String> firstNames = new HashMap<>();
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
            Optional<String> first =
                entry instanceof TreeEntry.RegularFile file
                    ? file.content()
                        .link()
                        .map(key -> firstNames.putIfAbsent(key, current + ":" + shown))
                    : Optional.empty();
            lines.add(new Line(shown, entry, relative.isRoot(), first));
          });
    }
    return lines;
  }

  private void describe(StringBuilder text, Line line) throws IOException {
    TreeEntry entry = line.entry();
    Attributes attributes = entry.attributes();
    text.append(line.isSource() ? ">" : "")
        .append(entry.type())
        .append(' ')
        .append(Integer.toOctalString(attributes.mode()))
        .append(' ')
        .append(attributes.uid())
        .append(':')
        .append(attributes.gid());
    if (!attributes.xattrs().isEmpty()) {
      text.append(' ').append(hex(attributes.xattrs().toString()));
    }
    text.append(' ').append(digests.content(entry));
    // A copy keeps names of one file so.
    line.first().ifPresent(name -> text.append('=').append(hex(name)));
    text.append('\t').append(line.path()).append('\n');
  }

  private static String hex(String text) {
    return Digest.of(text.getBytes(StandardCharsets.UTF_8)).hex();
  }
}
