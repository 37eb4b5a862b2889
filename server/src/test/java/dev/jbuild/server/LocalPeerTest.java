package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real connections; the process that asks is this one, or one that it is told to be. */
class LocalPeerTest {
  private static final Path PROC = Path.of("/proc");
  private static final Path BASH = Path.of("/bin/bash");

  private final long own = ProcessHandle.current().pid();
  private ServerSocket server;
  private Process other;

  @BeforeEach
  void open() throws Exception {
    server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    other = new ProcessBuilder("sleep", "1000").start();
  }

  @AfterEach
  void close() throws Exception {
    other.destroyForcibly().waitFor();
    server.close();
  }

  private boolean isOfABuild(Socket accepted, long asker) {
    return new LocalPeer(PROC, asker)
        .isOfABuild((InetSocketAddress) accepted.getRemoteSocketAddress(), accepted.getLocalPort());
  }

  @Test
  void whatThisProcessFetchesIsOfABuild() throws Exception {
    try (Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket accepted = server.accept()) {
      assertThat(client.isConnected()).isTrue();
      assertThat(isOfABuild(accepted, own)).isTrue();
      assertThat(isOfABuild(accepted, other.pid())).isFalse();
    }
  }

  @Test
  void whatItsDescendantsAskIsOfABuild() throws Exception {
    assumeTrue(Files.isExecutable(BASH), "no bash");
    Process step =
        new ProcessBuilder(
                BASH.toString(),
                "-c",
                "(exec 3<>/dev/tcp/127.0.0.1/" + server.getLocalPort() + "; read -r line); true")
            .start();
    try (Socket accepted = server.accept()) {
      assertThat(isOfABuild(accepted, own)).isTrue();
      assertThat(isOfABuild(accepted, other.pid())).isFalse();
    } finally {
      step.getOutputStream().close();
      step.destroyForcibly().waitFor();
    }
  }

  /** The tables of connections, beside a process that is not root of the machine. */
  private static Path unprivileged(Path folder) throws Exception {
    Path self = Files.createDirectories(folder.resolve("self"));
    Files.writeString(self.resolve("uid_map"), "0 100000 65536\n");
    Files.createSymbolicLink(folder.resolve("net"), PROC.resolve("self/net"));
    return folder;
  }

  /** True on every machine: a step could send its request and be gone before anybody looks. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void whoIsGoneIsNotTakenForAnother(boolean reset, @TempDir Path folder) throws Exception {
    LocalPeer peers = new LocalPeer(unprivileged(folder), other.pid());
    Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
    try (Socket accepted = server.accept()) {
      InetSocketAddress peer = (InetSocketAddress) accepted.getRemoteSocketAddress();
      assertThat(peers.isOfABuild(peer, accepted.getLocalPort())).as("held").isFalse();
      client.setSoLinger(reset, 0);
      client.close();
      assertThat(peers.isOfABuild(peer, accepted.getLocalPort())).as("closed").isTrue();
    }
  }

  @Test
  void otherMachinesAreNoBuilds() throws Exception {
    InetSocketAddress elsewhere =
        new InetSocketAddress(InetAddress.getByName("203.0.113.7"), 40_000);
    assertThat(new LocalPeer(PROC, own).isOfABuild(elsewhere, server.getLocalPort())).isFalse();
  }
}
