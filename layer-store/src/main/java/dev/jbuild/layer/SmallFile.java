package dev.jbuild.layer;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * Files of an image or a context that are read whole, such as /etc/passwd and .dockerignore. Who
 * made the tree chose their size, and a sparse file of terabytes costs nothing to make, so there is
 * a limit.
 */
public final class SmallFile {

  private SmallFile() {}

  /**
   * What a regular file holds; links are followed inside the tree.
   *
   * @param most bytes that it may have
   * @return empty if there is none, or something else than a regular file
   * @throws BuildFailure of kind USER if it has more
   */
  public static Optional<byte[]> read(FileTree tree, BytePath path, int most) throws IOException {
    Optional<TreeEntry> entry = tree.resolve(path).entry();
    if (entry.isEmpty() || !(entry.get() instanceof TreeEntry.RegularFile file)) {
      return Optional.empty();
    }
    if (file.size() > most) {
      throw tooLarge(path, most);
    }
    try (InputStream in = file.content().open()) {
      byte[] bytes = in.readNBytes(most);
      if (bytes.length == most && in.read() >= 0) { // it grew
        throw tooLarge(path, most);
      }
      return Optional.of(bytes);
    }
  }

  private static BuildFailure tooLarge(BytePath path, int most) {
    return new BuildFailure(
        Kind.USER,
        "\"" + path + "\" has more than the " + (most >> 20) + " MiB that are read of it");
  }
}
