package dev.jbuild.server;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.function.Consumer;

/**
 * The file of a Unix socket: left behind by a server that died, it stands in the next one's way.
 */
final class UnixSocketFile {
  private UnixSocketFile() {}

  /**
   * Makes room for a socket.
   *
   * @throws BuildFailure of kind {@code CONFLICT} if another server listens there, or what is there
   *     is no socket
   */
  static void claim(Path path) {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    try {
      boolean special =
          Boolean.TRUE.equals(Files.getAttribute(path, "basic:isOther", LinkOption.NOFOLLOW_LINKS));
      if (!special) {
        throw new BuildFailure(BuildFailure.Kind.CONFLICT, path + " exists and is not a socket");
      }
      if (isAnswered(path)) {
        throw new BuildFailure(BuildFailure.Kind.CONFLICT, "another server listens on " + path);
      }
      Files.deleteIfExists(path);
    } catch (IOException e) {
      throw new BuildFailure(BuildFailure.Kind.UNAVAILABLE, "cannot listen on " + path, e);
    }
  }

  private static boolean isAnswered(Path path) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      return channel.connect(UnixDomainSocketAddress.of(path));
    } catch (java.net.SocketException e) {
      return false;
    }
  }

  /**
   * Has a server listen at a path of its own choice in a directory that nobody else can enter, and
   * moves the socket to its place once only its owner may connect: there is no moment at which
   * somebody else could.
   *
   * @param listen binds to the path that it is given
   * @throws BuildFailure of kind {@code UNAVAILABLE} if the directory cannot be written
   */
  static void bind(Path path, Consumer<Path> listen) {
    Path parent = path.toAbsolutePath().getParent();
    if (parent == null) {
      throw new BuildFailure(BuildFailure.Kind.USER, "cannot listen on " + path);
    }
    try {
      Path hidden =
          Files.createTempDirectory(
              parent,
              ".s",
              PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      Path socket = hidden.resolve("s");
      try {
        listen.accept(socket);
        Files.setPosixFilePermissions(socket, PosixFilePermissions.fromString("rw-------"));
        Files.move(socket, path, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(socket);
        Files.deleteIfExists(hidden);
      }
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, "cannot listen on " + path + ": " + e.getMessage(), e);
    }
  }

  static void remove(Path path) {
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // the next server that listens here replaces it
    }
  }
}
