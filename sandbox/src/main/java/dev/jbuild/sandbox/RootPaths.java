package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * Paths inside a root file system whose links are not to be believed. Names are looked at one by
 * one; nothing holds them afterwards, so no process may work in the root meanwhile.
 */
record RootPaths(Path root) {

  private static final int MAX_LINKS = 40;

  /**
   * Where a path leads that is there: links are followed inside the root only, the last one too.
   */
  Path existing(String path) throws IOException {
    return resolve(path, false);
  }

  /** The same where the last names may be missing. */
  Path possible(String path) throws IOException {
    return resolve(path, true);
  }

  private Path resolve(String path, boolean create) throws IOException {
    Deque<String> left = new ArrayDeque<>(List.of(path.split("/", -1)));
    Path at = root;
    int links = 0;
    while (!left.isEmpty()) {
      String name = left.pop();
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (name.equals("..")) {
        Path parent = at.getParent();
        at = at.equals(root) || parent == null ? root : parent;
        continue;
      }
      Path next = at.resolve(name);
      if (Files.isSymbolicLink(next)) {
        if (++links > MAX_LINKS) {
          throw new IOException(path + ": too many levels of symbolic links");
        }
        String link = Files.readSymbolicLink(next).toString();
        if (link.startsWith("/")) {
          at = root;
        }
        String[] names = link.split("/", -1);
        for (int i = names.length - 1; i >= 0; i--) {
          left.push(names[i]);
        }
      } else if (!create && !Files.exists(next, LinkOption.NOFOLLOW_LINKS)) {
        throw new BuildFailure(
            BuildFailure.Kind.NOT_FOUND, "\"" + path + "\": no such file or directory");
      } else {
        at = next;
      }
    }
    return at;
  }

  /**
   * A path of the root as it was resolved.
   *
   * @throws IOException if a link has been put on the way to it since
   */
  Path unchanged(Path path) throws IOException {
    Path at = root;
    for (Path name : root.relativize(path.getParent() == null ? path : path.getParent())) {
      at = at.resolve(name);
      if (!name.toString().isEmpty() && Files.isSymbolicLink(at)) {
        throw new IOException(at + " has become a link");
      }
    }
    return path;
  }

  /** A failure by the step's own names: the root's place is of no use to who reads it. */
  String words(IOException e) {
    if (!(e instanceof FileSystemException failure) || failure.getFile() == null) {
      return String.valueOf(e.getMessage());
    }
    Path file = Path.of(failure.getFile());
    String named = file.startsWith(root) ? "/" + root.relativize(file) : file.toString();
    String reason =
        failure.getReason() == null
            ? e.getClass().getSimpleName().replaceFirst("Exception$", "")
            : failure.getReason();
    return "\"" + named + "\": " + reason;
  }
}
