package dev.jbuild.sandbox;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder of this process in a directory that it may share with everybody, such as /tmp. The file
 * {@code lock} in it is locked as long as the process lives, so that what a killed one left can be
 * told from what is in use, and removed by the next.
 *
 * <p>Only folders of our own user are removed, and by descriptors: whoever can write to the
 * directory can put a link or another folder in the place of one, but have nothing followed.
 */
final class PrivateFolder {

  private static final Path LOCK = Path.of("lock");

  /**
   * Names of this process's. A lock of POSIX's is no hindrance to its own process, which loses it
   * by closing any descriptor of the file.
   */
  private static final Set<Path> OWN = ConcurrentHashMap.newKeySet();

  private final Path path;
  private final @Nullable FileChannel lock;

  private PrivateFolder(Path path, @Nullable FileChannel lock) {
    this.path = path;
    this.lock = lock;
  }

  /** Makes one, open to its owner alone. */
  static PrivateFolder make(Path parent, String prefix) throws IOException {
    while (true) {
      Path path = Files.createTempDirectory(parent, prefix);
      OWN.add(path.getFileName());
      FileChannel channel =
          FileChannel.open(
              path.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
      try {
        // Another process may have taken it for abandoned before it was locked.
        if (channel.tryLock() != null && Files.exists(path.resolve(LOCK))) {
          return new PrivateFolder(path, channel);
        }
        channel.close();
      } catch (IOException _) { // a file system without locks; without the file it is left alone
        channel.close();
        Files.deleteIfExists(path.resolve(LOCK));
        return new PrivateFolder(path, null);
      }
    }
  }

  Path path() {
    return path;
  }

  /** Removes it with what is in it, as far as that goes. */
  void remove() {
    try (Stream<Path> walk = Files.walk(path)) {
      for (Path below : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(below);
      }
      if (lock != null) {
        lock.close();
      }
    } catch (IOException | UncheckedIOException _) {
      // The next process tries again.
    }
  }

  /** Removes what killed processes left beside it. What cannot be removed is left. */
  void removeAbandoned(String prefix) {
    try (DirectoryStream<Path> all = Files.newDirectoryStream(path.getParent(), prefix + "*")) {
      if (all instanceof SecureDirectoryStream<Path> siblings) {
        UserPrincipal self = Files.getOwner(path);
        for (Path sibling : siblings) {
          Path name = sibling.getFileName();
          if (!OWN.contains(name)) {
            removeIfAbandoned(siblings, name, self);
          }
        }
      }
    } catch (IOException | DirectoryIteratorException _) {
      // A directory that cannot be listed holds nothing that could be removed.
    }
  }

  private static void removeIfAbandoned(
      SecureDirectoryStream<Path> parent, Path name, UserPrincipal self) {
    try (SecureDirectoryStream<Path> folder =
        parent.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
      PosixFileAttributeView of = folder.getFileAttributeView(PosixFileAttributeView.class);
      if (!of.readAttributes().owner().equals(self)) {
        return;
      }
      Set<OpenOption> existing = Set.of(StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
      try (FileChannel lock = (FileChannel) folder.newByteChannel(LOCK, existing)) {
        if (lock.tryLock() != null) {
          empty(folder, true);
          folder.deleteFile(LOCK);
          parent.deleteDirectory(name);
        }
      }
    } catch (IOException | DirectoryIteratorException _) {
      // Not a folder, not one of these, or just removed by another.
    }
  }

  /** Everything, but for the lock of the outermost, which goes last. */
  private static void empty(SecureDirectoryStream<Path> folder, boolean outermost)
      throws IOException {
    for (Path entry : folder) {
      Path name = entry.getFileName();
      if (outermost && name.equals(LOCK)) {
        continue;
      }
      BasicFileAttributeView of =
          folder.getFileAttributeView(
              name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
      if (of.readAttributes().isDirectory()) {
        try (SecureDirectoryStream<Path> below =
            folder.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
          empty(below, false);
        }
        folder.deleteDirectory(name);
      } else {
        folder.deleteFile(name);
      }
    }
  }
}
