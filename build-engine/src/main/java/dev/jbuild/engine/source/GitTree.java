package dev.jbuild.engine.source;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.DirectoryTree;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.layer.Xattrs;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A checkout as the commit has it: owned by root, with the only modes git knows, whatever the umask
 * was, and without {@code .git} unless that is wanted. A subdirectory is found inside the checkout,
 * so a link that the repository puts in its place leads to no file of this machine.
 */
final class GitTree implements FileTree {
  private static final BytePath GIT = BytePath.of(".git");

  private final FileTree files;
  private final BytePath top;
  private final boolean gitDir;
  private final @Nullable Instant time;

  private GitTree(FileTree files, BytePath top, boolean gitDir, @Nullable Instant time) {
    this.files = files;
    this.top = top;
    this.gitDir = gitDir;
    this.time = time;
  }

  /**
   * @param time of all files; null for that of the checkout
   */
  static GitTree open(Path checkout, GitReference reference, @Nullable Instant time)
      throws IOException {
    FileTree files = new GitTree(DirectoryTree.open(checkout), BytePath.ROOT, false, time);
    FileTree.Resolved start = files.resolve(BytePath.clamped(reference.subdir()));
    if (!start.isDirectory()) {
      files.close();
      throw new BuildFailure(
          Kind.NOT_FOUND,
          "\"" + reference.remote() + "\" has no directory \"" + reference.subdir() + "\"");
    }
    files.close();
    return new GitTree(DirectoryTree.open(checkout), start.path(), reference.keepGitDir(), time);
  }

  @Override
  public Optional<TreeEntry> find(BytePath path) throws IOException {
    if (!gitDir && path.components().contains(GIT)) {
      return Optional.empty();
    }
    return files.find(top.resolve(path)).map(entry -> seen(entry, path));
  }

  @Override
  public List<TreeEntry> list(BytePath directory) throws IOException {
    List<TreeEntry> entries = new ArrayList<>();
    for (TreeEntry entry : files.list(top.resolve(directory))) {
      BytePath name = entry.path().name();
      if (gitDir || !name.equals(GIT)) {
        entries.add(seen(entry, directory.resolve(name)));
      }
    }
    return entries;
  }

  private TreeEntry seen(TreeEntry entry, BytePath path) {
    Attributes own = entry.attributes();
    boolean all = entry.isDirectory() || (own.mode() & 0100) != 0;
    int mode = entry instanceof TreeEntry.Symlink ? own.mode() : all ? 0755 : 0644;
    Instant mtime = time == null ? own.mtime() : time;
    return entry.at(path).with(new Attributes(mode, 0, 0, mtime, Xattrs.NONE));
  }

  @Override
  public void close() throws IOException {
    files.close();
  }
}
