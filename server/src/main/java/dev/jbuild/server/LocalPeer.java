package dev.jbuild.server;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Set;

/**
 * Whether the other end of a connection is held by a build of this server: by a step that shares
 * the machine's network, a program that a build runs, or this process itself, which fetches what a
 * Dockerfile names.
 *
 * <p>The kernel's tables of connections name a socket's number, and the descriptors of a process
 * the sockets that it holds. All of this process's children are builds'. A holder is looked at
 * while it holds: one that is gone by then is not taken for another. Costs a walk over /proc.
 *
 * <p>Root of the machine sees the holder of every socket, and takes a connection without one for a
 * build's. In a container or a user namespace only the processes in there are seen, and others,
 * such as those of a pod's next container, get the benefit of the doubt; so could a step that hands
 * its connection from process to process fast enough. Who closed its end without waiting for an
 * answer gets none: to send a request and be gone would be the easiest way not to be found.
 */
final class LocalPeer {
  private static final int MOST_ANCESTORS = 10_000;

  /** The machine's own pid namespace has this number on every Linux ({@code PROC_PID_INIT_INO}). */
  private static final String FIRST_PID_NAMESPACE = "pid:[4026531836]";

  /** What the tables give for the socket of a connection that its process has closed. */
  private static final String CLOSED = "0";

  private final Path proc;
  private final long own;
  private final boolean seesAll;

  LocalPeer() {
    this(Path.of("/proc"), ProcessHandle.current().pid());
  }

  LocalPeer(Path proc, long own) {
    this.proc = proc;
    this.own = own;
    this.seesAll = seesAll(proc);
  }

  /** Whether it is root of the machine, among all of the machine's processes. */
  private static boolean seesAll(Path proc) {
    try {
      return Files.readString(proc.resolve("self/uid_map")).strip().matches("0\\s+0\\s+4294967295")
          && (int) Files.getAttribute(proc.resolve("self"), "unix:uid") == 0
          && Files.readSymbolicLink(proc.resolve("self/ns/pid"))
              .toString()
              .equals(FIRST_PID_NAMESPACE);
    } catch (IOException | UnsupportedOperationException e) {
      return false;
    }
  }

  /**
   * Asks for the other end of a connection.
   *
   * @param peer its address, as this end sees it
   * @param port of this end
   */
  boolean isOfABuild(InetSocketAddress peer, int port) {
    try {
      InetAddress address = peer.getAddress();
      if (!address.isLoopbackAddress() && NetworkInterface.getByInetAddress(address) == null) {
        return false; // another machine
      }
      Set<String> sockets = new HashSet<>();
      collect(proc.resolve("net/tcp"), peer, port, sockets);
      collect(proc.resolve("net/tcp6"), peer, port, sockets);
      if (sockets.remove(socket(CLOSED))) {
        return true;
      }
      if (sockets.isEmpty()) {
        // Reset by its process. Only an address that is not the loopback's can be translated, so
        // that the other end is in another network namespace and not in these tables.
        return seesAll || (address.isLoopbackAddress() && hasTables());
      }
      return isHeldByABuild(sockets);
    } catch (SocketException e) {
      return seesAll;
    } catch (IOException | UncheckedIOException e) {
      return seesAll;
    }
  }

  /** {@code "sl local_address rem_address st queues timer retransmits uid timeout inode …"}. */
  private static void collect(Path table, InetSocketAddress peer, int port, Set<String> sockets)
      throws IOException {
    if (!Files.exists(table)) {
      return;
    }
    String near = ":%04X".formatted(peer.getPort());
    String far = ":%04X".formatted(port);
    for (String line : Files.readAllLines(table)) {
      String[] fields = line.strip().split("\\s+", -1);
      if (fields.length > 9
          && fields[1].endsWith(near)
          && fields[2].endsWith(far)
          && address(fields[1]).equals(peer.getAddress())) {
        sockets.add(socket(fields[9]));
      }
    }
  }

  /** As the link of a descriptor names it. */
  private static String socket(String number) {
    return "socket:[" + number + "]";
  }

  private boolean hasTables() {
    return Files.isReadable(proc.resolve("net/tcp")) || Files.isReadable(proc.resolve("net/tcp6"));
  }

  /** Words of four bytes, each with the lowest first; IPv4 in IPv6 becomes IPv4. */
  private static InetAddress address(String field) throws UnknownHostException {
    byte[] bytes = HexFormat.of().parseHex(field.substring(0, field.indexOf(':')));
    byte[] ordered = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      ordered[i] = bytes[i / 4 * 4 + 3 - i % 4];
    }
    return InetAddress.getByAddress(ordered);
  }

  private boolean isHeldByABuild(Set<String> sockets) throws IOException {
    boolean held = false;
    try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
      for (Path process : processes) {
        if (holds(process, sockets)) {
          if (descends(process)) {
            return true;
          }
          held = true;
        }
      }
    }
    return !held && seesAll;
  }

  private static boolean holds(Path process, Set<String> sockets) {
    try (DirectoryStream<Path> descriptors = Files.newDirectoryStream(process.resolve("fd"))) {
      for (Path descriptor : descriptors) {
        try {
          if (sockets.contains(Files.readSymbolicLink(descriptor).toString())) {
            return true;
          }
        } catch (IOException e) {
          // closed meanwhile
        }
      }
    } catch (IOException | java.nio.file.DirectoryIteratorException e) {
      // gone, or not ours to look at
    }
    return false;
  }

  /** Also true for one that ends meanwhile: nobody knows then whose it was. */
  private boolean descends(Path process) {
    long pid = Long.parseLong(process.getFileName().toString());
    for (int i = 0; i < MOST_ANCESTORS && pid > 0; i++) {
      if (pid == own) {
        return true;
      }
      try {
        String stat = Files.readString(proc.resolve(Long.toString(pid)).resolve("stat"));
        // "pid (name) state parent …"; the name may hold anything
        pid = Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", 3)[1]);
      } catch (IOException | RuntimeException e) {
        return true;
      }
    }
    return false;
  }
}
