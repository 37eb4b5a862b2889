package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The way out of a step's own network namespace: a user-mode network stack beside it, {@code
 * slirp4netns} or {@code pasta}. Neither lets the step reach the executor's loopback.
 */
final class PrivateNetwork implements AutoCloseable {

  private final Process process;

  private PrivateNetwork(Process process) {
    this.process = process;
  }

  /** The program that would be used. */
  static Optional<Path> program() {
    return OciLauncher.onPath("slirp4netns").or(() -> OciLauncher.onPath("pasta"));
  }

  /**
   * Refuses early, before anything is started.
   *
   * @throws BuildFailure of kind UNSUPPORTED
   */
  static void require() {
    if (program().isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "a private network needs slirp4netns or pasta, and neither is on PATH",
          "install one (apt install slirp4netns), or use --network host or none",
          null);
    }
  }

  /** Connects the namespace of a process; returns when the interface is up. */
  static PrivateNetwork connect(long pid) throws IOException {
    Path program = program().orElseThrow(() -> new IOException("no slirp4netns and no pasta"));
    boolean slirp = program.endsWith("slirp4netns");
    // The program must not outlive this process, however that ends.
    List<String> command =
        new ArrayList<>(List.of(LauncherBinary.locate().toString(), "tether", program.toString()));
    if (slirp) {
      command.addAll(
          List.of("--configure", "--mtu=65520", "--disable-host-loopback", "--enable-sandbox"));
      command.add("--ready-fd=1");
      command.addAll(List.of(Long.toString(pid), "tap0"));
    } else {
      command.addAll(List.of("--config-net", "--foreground", "--no-map-gw", "--runas", "0"));
      command.addAll(List.of("-t", "none", "-u", "none", "-T", "none", "-U", "none"));
      command.addAll(List.of("--netns-only", "--no-netns-quit", "--netns", "/proc/self/fd/0"));
    }
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear(); // it reads what a hostile step sends
    if (!slirp) {
      // It gives up its capabilities first, and pid 1 of a step shows nothing to one without.
      builder.redirectInput(new File("/proc/" + pid + "/ns/net"));
    }
    Path log = Files.createTempFile("jbuild-net-", ".log");
    builder.redirectError(log.toFile());
    Process process = builder.start();
    PrivateNetwork network = new PrivateNetwork(process);
    try {
      if (slirp) {
        if (process.getInputStream().read() != '1') { // the ready fd
          throw new IOException(program + ": " + Files.readString(log).strip());
        }
      } else {
        waitForInterface(pid, process, log);
      }
      return network;
    } catch (IOException e) {
      network.close();
      throw e;
    } finally {
      Files.deleteIfExists(log);
    }
  }

  /**
   * pasta says nothing in the foreground; the namespace's list of routes does. It takes
   * milliseconds where nothing else goes on; the minute is for a pasta that hangs.
   */
  private static void waitForInterface(long pid, Process process, Path log) throws IOException {
    Path routes = Path.of("/proc/" + pid + "/net/route");
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (Files.readString(routes).lines().noneMatch(line -> line.contains("\t00000000\t"))) {
      if (!process.isAlive() || System.nanoTime() > deadline) {
        throw new IOException(
            "pasta: "
                + Files.readString(log, StandardCharsets.UTF_8).lines().reduce("", (_, b) -> b));
      }
      try {
        Thread.sleep(2);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      }
    }
  }

  @Override
  public void close() {
    process.destroy(); // which the tether passes on, by force
  }
}
