package dev.jbuild.engine.copy;

import dev.jbuild.engine.graph.Op;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.ArchiveTree;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.nio.file.NotDirectoryException;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Puts selected files into a layer, as BuildKit's copier does.
 *
 * <ul>
 *   <li>Links in the destination path are followed inside the image; a link that a nested file or
 *       directory lands on is not.
 *   <li>Of a source directory only what is in it is copied. The directory it goes into takes the
 *       source's time; its mode and owner only where it is nested, for the topmost one belongs to
 *       the image (semantics 61).
 *   <li>Directories merge, files replace files and links, and nothing else replaces anything.
 * </ul>
 */
public final class CopyOperation {
  private static final int UMASK = 022;

  private final Op.Copy copy;
  private final LayerBuilder target;
  private final @Nullable Ownership owner;
  private final @Nullable ModeChange mode;
  private final Attributes made;
  private final Directories directories;
  private final Archives archives;
  private final Instant now;
  private int filesAtDestination;

  private CopyOperation(
      Op.Copy copy,
      LayerBuilder target,
      @Nullable Ownership owner,
      @Nullable ModeChange mode,
      Archives archives,
      Instant now) {
    this.archives = archives;
    this.copy = copy;
    this.target = target;
    this.owner = owner;
    this.mode = mode;
    this.made = madeDirectory(owner, mode, now);
    this.directories = new Directories(target, now);
    this.now = now;
  }

  /**
   * Carries out a COPY or ADD.
   *
   * @param source the tree that patterns name files of
   * @param target the layer in the making, over the root file system before the step
   * @param archives opens what is to be unpacked; must stay open until the layer is written
   * @param now the time of what the step itself makes, and of directories that get new names
   */
  public static void apply(
      Op.Copy copy, FileTree source, LayerBuilder target, Archives archives, Instant now)
      throws IOException {
    Ownership owner =
        copy.owner().isPresent() ? Ownership.resolve(copy.owner().get(), target) : null;
    ModeChange mode = copy.mode().map(ModeChange::parse).orElse(null);
    CopyOperation operation = new CopyOperation(copy, target, owner, mode, archives, now);
    SourceSelection selection = SourceSelection.of(copy, source, now);
    for (SourceSelection.Source each : selection.sources()) {
      if (!selection.leavesOut(each)) {
        operation.copy(selection, dated(each, source, now));
      }
    }
  }

  /**
   * The top of a build context is no directory of the user's: BuildKit makes it for each build, and
   * so its time is the build's.
   */
  private static SourceSelection.Source dated(
      SourceSelection.Source each, FileTree tree, Instant now) {
    TreeEntry entry = each.entry();
    return tree instanceof ContextTree && entry.path().isRoot()
        ? new SourceSelection.Source(
            each.name(), entry.with(entry.attributes().withMtime(now)), each.part())
        : each;
  }

  /**
   * What a missing parent becomes: 0755 of root's unless flags say otherwise, never set-id or
   * sticky, and with the usual umask, whatever the builder's is.
   */
  private static Attributes madeDirectory(
      @Nullable Ownership owner, @Nullable ModeChange mode, Instant now) {
    int bits =
        mode instanceof ModeChange.Absolute absolute ? absolute.bits() & 0777 & ~UMASK : 0755;
    Ownership by = owner == null ? Ownership.ROOT : owner;
    return Attributes.of(bits, by.uid(), by.gid(), now);
  }

  private void copy(SourceSelection selection, SourceSelection.Source source) throws IOException {
    FileTree.Resolved destination = resolveDestination();
    if (source.entry().isDirectory()) {
      copyDirectory(selection, source, destination);
      return;
    }
    Optional<ArchiveTree> archive =
        copy.unpack() ? archives.open(source.entry()) : Optional.empty();
    if (archive.isPresent()) {
      new ArchiveCopy(target, directories, owner)
          .unpack(archive.get(), destination, madeDirectory(owner, null, now));
      return;
    }
    boolean into = copy.destination().endsWith("/") || destination.isDirectory();
    if (into) {
      requireDirectory(destination);
      directories.make(destination.path(), made);
      directories.put(placed(source.entry(), destination.path().resolve(source.name())));
      return;
    }
    if (++filesAtDestination > 1) {
      throw new BuildFailure(
          Kind.USER,
          "several files cannot become the one file \"" + copy.destination() + "\"",
          "end the destination with a slash to copy them into a directory",
          null);
    }
    directories.make(destination.path().parent(), made);
    directories.put(placed(source.entry(), destination.path()));
  }

  private FileTree.Resolved resolveDestination() throws IOException {
    try {
      return target.resolve(SourceSelection.path(copy.destination()));
    } catch (NotDirectoryException e) {
      throw new BuildFailure(
          Kind.USER,
          "destination \""
              + copy.destination()
              + "\" leads through \"/"
              + e.getMessage()
              + "\", which is not a directory",
          e);
    }
  }

  private void copyDirectory(
      SourceSelection selection, SourceSelection.Source source, FileTree.Resolved destination)
      throws IOException {
    requireDirectory(destination);
    BytePath top = destination.path();
    directories.make(top, made);
    selection.walk(
        source,
        (relative, entry) -> {
          BytePath path = top.resolve(relative);
          if (relative.isRoot()) {
            dateTop(source, path);
          } else if (copy.parents() && relative.parent().isRoot() && target.find(path).isEmpty()) {
            directories.put(placed(entry, path));
          } else {
            target.put(placed(entry, path));
          }
        });
  }

  /** The root of an image has no time that a COPY could give it. */
  private void dateTop(SourceSelection.Source source, BytePath top) throws IOException {
    if (!copy.parents() && !top.isRoot()) {
      TreeEntry there = target.find(top).orElseThrow();
      Instant time = source.entry().attributes().mtime();
      target.put(there.with(there.attributes().withMtime(time)));
    }
  }

  private void requireDirectory(FileTree.Resolved destination) {
    if (destination.entry().isPresent() && !destination.isDirectory()) {
      throw new BuildFailure(
          Kind.USER, "destination \"/" + destination.path() + "\" is not a directory");
    }
  }

  /** One file or directory at a path that is taken literally, changed as the flags say. */
  private TreeEntry placed(TreeEntry entry, BytePath path) throws IOException {
    boolean directory = entry.isDirectory();
    TreeEntry there = target.find(path).orElse(null);
    if (there != null && directory != there.isDirectory()) {
      throw new BuildFailure(
          Kind.USER,
          directory
              ? "cannot copy directory \""
                  + entry.path()
                  + "\" onto \"/"
                  + path
                  + "\", which is not a directory"
              : "cannot copy file \"" + entry.path() + "\" onto directory \"/" + path + "\"");
    }
    return entry.at(path).with(changed(entry));
  }

  private Attributes changed(TreeEntry entry) {
    Attributes attributes = entry.attributes();
    if (owner != null) {
      attributes = attributes.withOwner(owner.uid(), owner.gid());
    }
    if (mode != null && !(entry instanceof TreeEntry.Symlink)) {
      attributes = attributes.withMode(mode.apply(attributes.mode(), entry.isDirectory()));
    }
    return attributes;
  }
}
