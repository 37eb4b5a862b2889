package dev.jbuild.engine.copy;

import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher.Verdict;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A build context: a directory without what its .dockerignore leaves out, everything owned by root.
 *
 * <p>Owners are dropped because a context has none that mean anything to the image: the same
 * checkout gives the same image whoever builds it (BuildKit does the same). A socket is an empty
 * file. A directory that is left out itself is still seen when something below it is not.
 */
public final class ContextTree implements FileTree {
  private final FileTree files;
  private final IgnoreMatcher ignored;

  public ContextTree(FileTree files, IgnoreMatcher ignored) {
    this.files = files;
    this.ignored = ignored;
  }

  @Override
  public Optional<TreeEntry> find(BytePath path) throws IOException {
    Optional<TreeEntry> entry = files.find(path);
    return entry.isPresent() && visible(entry.get())
        ? entry.map(ContextTree::owned)
        : Optional.empty();
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws IOException {
    List<TreeEntry> all = files.list(directory);
    List<TreeEntry> entries = new ArrayList<>(all.size());
    for (TreeEntry entry : all) {
      if (visible(entry)) {
        entries.add(owned(entry));
      }
    }
    return entries;
  }

  /** Whether a file is there but left out: worth a hint when a COPY does not find it. */
  public boolean leavesOut(BytePath path) throws IOException {
    return files.find(path).isPresent() && find(path).isEmpty();
  }

  private boolean visible(TreeEntry entry) throws IOException {
    if (ignored.isEmpty() || entry.path().isRoot()) {
      return true;
    }
    return switch (ignored.verdict(text(entry.path()))) {
      case Verdict.INCLUDED -> true;
      case Verdict.PRUNED -> false;
      case Verdict.EXCLUDED -> entry.isDirectory() && holdsAnything(entry.path());
    };
  }

  private boolean holdsAnything(BytePath directory) throws IOException {
    for (TreeEntry entry : files.list(directory)) {
      if (visible(entry)) {
        return true;
      }
    }
    return false;
  }

  private static TreeEntry owned(TreeEntry entry) {
    Attributes attributes = entry.attributes();
    if (entry instanceof TreeEntry.Socket socket) {
      return new TreeEntry.RegularFile(
          socket.path(), attributes.withOwner(0, 0), 0, ContentSource.of(new byte[0]));
    }
    return attributes.uid() == 0 && attributes.gid() == 0
        ? entry
        : entry.with(attributes.withOwner(0, 0));
  }

  /** A path as patterns see it: bytes that are not UTF-8 stay apart from all others. */
  static String text(BytePath path) {
    String bytes = path.latin1();
    boolean ascii = true;
    for (int i = 0; i < bytes.length() && ascii; i++) {
      ascii = bytes.charAt(i) < 0x80;
    }
    // The same text, without a decoder for each of a hundred thousand files.
    return ascii ? bytes : SourceText.decode(path.toBytes());
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}
