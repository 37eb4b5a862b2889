package dev.jbuild.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The container that tier C is made for: {@code docker run} without any flag, by a daemon of our
 * own that is started and stopped here. Where Docker is not installed or does not start, its
 * default capabilities and a view of processes are made by unshare and setpriv, without its filter;
 * {@link #missing} then says why.
 */
final class PlainContainer {

  /** Where the container has a tmpfs, mounted as Docker does: nosuid and nodev. */
  static final Path TMPFS = Path.of("/tmpfs");

  private static final Path PEERS = Path.of("..", "tests", "peers").toAbsolutePath().normalize();
  private static final String JDK = System.getProperty("java.home");

  private final Path folder;
  private final String host;
  private final String missing;

  private PlainContainer(Path folder, String host, String missing) {
    this.folder = folder;
    this.host = host;
    this.missing = missing;
  }

  /** Starts the daemon and makes the image; the folder must be removed by close's caller. */
  static PlainContainer start(Path folder) throws IOException, InterruptedException {
    if (OciLauncher.onPath("dockerd").isEmpty() || OciLauncher.onPath("docker").isEmpty()) {
      return new PlainContainer(folder, "", "no dockerd: apt install docker.io");
    }
    try {
      String host = output(List.of(PEERS.resolve("dockerd").toString(), "start", daemon(folder)));
      PlainContainer container = new PlainContainer(folder, host, "");
      try {
        String tar = folder.resolve("plain.tar").toString();
        output(List.of(PEERS.resolve("plain-image").toString(), JDK, tar));
        output(List.of("docker", "--host", host, "import", tar, "plain"));
      } catch (IOException e) {
        container.close();
        throw e;
      }
      return container;
    } catch (IOException e) {
      return new PlainContainer(folder, "", "no container starts here: " + e.getMessage());
    }
  }

  /** Why this is an imitation, or nothing. */
  String missing() {
    return missing;
  }

  /**
   * The script of {@link ForkedContract#tests} that runs the JVM in there.
   *
   * @param noNewPrivileges as {@code --security-opt no-new-privileges}
   */
  String script(boolean noNewPrivileges) {
    return script(noNewPrivileges, "");
  }

  /**
   * The same in a container with limits.
   *
   * @param limits flags of {@code docker run}; the imitation has none
   */
  String script(boolean noNewPrivileges, String limits) {
    if (host.isEmpty()) {
      return """
      exec unshare --fork --pid --kill-child --mount --mount-proc --ipc \\
        setpriv --bounding-set=-all,+chown,+dac_override,+fsetid,+fowner,+mknod,+net_raw,+setgid,\
      +setuid,+setfcap,+setpcap,+net_bind_service,+sys_chroot,+kill,+audit_write%s \\
        sh -c "$JAVA"
      """
          .formatted(noNewPrivileges ? " --no-new-privs" : "");
    }
    return """
    exec docker --host %s run --rm --network none %s %s --tmpfs %s:exec -v "$DIR:$DIR" \\
      -v %s:%s:ro plain sh -c "$JAVA"
    """
        .formatted(
            host,
            limits,
            noNewPrivileges ? "--security-opt no-new-privileges" : "",
            TMPFS,
            JDK,
            JDK);
  }

  /** Stops the daemon, if one was started. */
  void close() throws IOException, InterruptedException {
    if (!host.isEmpty()) {
      output(List.of(PEERS.resolve("dockerd").toString(), "stop", daemon(folder)));
      output(List.of("rm", "-rf", daemon(folder)));
    }
  }

  private static String daemon(Path folder) {
    return folder.resolve("docker").toString();
  }

  private static String output(List<String> command) throws IOException, InterruptedException {
    Path errors = Files.createTempFile("errors", "");
    try {
      Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
      String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IOException(command.getFirst() + ": " + Files.readString(errors).strip());
      }
      return text.strip();
    } finally {
      Files.delete(errors);
    }
  }
}
