package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.FileType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.HashMap;
import java.util.Map;

/**
 * Makes an empty directory hold what a tree holds, as plain files: a root for copy mode, or for
 * several layers merged into one. Content on the same file system is shared where it can be
 * (reflink), else copied inside the kernel, holes kept.
 */
public final class TreeCopy {
  /** What becomes of several names of one file. */
  public enum Links {
    /** They stay names of one file. */
    KEEP,
    /**
     * Each becomes a file of its own. In an overlay a write through one name copies that name up
     * and leaves the others as they were; a copy that must behave alike may not have links.
     */
    BREAK
  }

  private final ExtractTarget target;
  private final Links links;
  private final Map<ContentSource.LinkKey, BytePath> firstNames = new HashMap<>();

  private TreeCopy(ExtractTarget target, Links links) {
    this.target = target;
    this.links = links;
  }

  /** Copies all of {@code tree}. On failure what was copied stays, for the caller to remove. */
  public static void into(FileTree tree, DirFd target, Links links) throws IOException {
    try (ExtractTarget open = new ExtractTarget(target, OverlayEncoding.TRUSTED)) {
      TreeCopy copy = new TreeCopy(open, links);
      TreeWalk.of(tree, BytePath.ROOT).forEach(copy::put);
      open.finish();
    }
  }

  private void put(TreeEntry entry) throws IOException {
    BytePath path = entry.path();
    switch (entry) {
      case TreeEntry.Directory e -> {
        target.makeDirectory(path);
        target.describe(path, e.attributes());
      }
      case TreeEntry.RegularFile e -> putFile(e);
      case TreeEntry.Symlink e -> {
        target.make(path, (dir, name) -> dir.symlink(name, e.target()));
        target.attributes(path, e.attributes(), e.type());
      }
      case TreeEntry.Device e -> {
        target.make(path, (dir, name) -> dir.mknod(name, e.type(), 0600, e.major(), e.minor()));
        target.attributes(path, e.attributes(), e.type());
      }
      case TreeEntry.Fifo e -> {
        target.make(path, (dir, name) -> dir.mknod(name, FileType.FIFO, 0600, 0, 0));
        target.attributes(path, e.attributes(), e.type());
      }
      case TreeEntry.HardLink e -> target.link(e.target(), path);
      case TreeEntry.Socket _ -> {}
    }
  }

  private void putFile(TreeEntry.RegularFile file) throws IOException {
    if (links == Links.KEEP && file.content().link().isPresent()) {
      BytePath first = firstNames.putIfAbsent(file.content().link().get(), file.path());
      if (first != null) {
        target.link(first, file.path());
        return;
      }
    }
    try (FileFd to = target.create(file.path())) {
      if (file.content() instanceof FileContent content) {
        try (FileFd from = content.root().openRead(content.path())) {
          from.copyTo(to);
        }
      } else {
        try (InputStream in = file.content().open()) {
          // The stream's close would close the file before its attributes are set.
          OutputStream out = to.outputStream();
          in.transferTo(out);
        }
      }
      target.attributes(to, file.attributes());
    }
  }
}
