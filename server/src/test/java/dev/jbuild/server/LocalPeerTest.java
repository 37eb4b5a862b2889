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

  @Test
  void whoIsGoneIsNotTakenForAnother() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "not root");
    assumeTrue(
        Files.readString(Path.of("/proc/self/uid_map")).contains("4294967295"), "user namespace");
    assumeTrue(
        Files.readSymbolicLink(Path.of("/proc/self/ns/pid")).endsWith("pid:[4026531836]"),
        "a pid namespace");
    Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
    try (Socket accepted = server.accept()) {
      client.close();
      assertThat(isOfABuild(accepted, other.pid())).isTrue();
    }
  }

  @Test
  void otherMachinesAreNoBuilds() throws Exception {
    InetSocketAddress elsewhere =
        new InetSocketAddress(InetAddress.getByName("203.0.113.7"), 40_000);
    assertThat(new LocalPeer(PROC, own).isOfABuild(elsewhere, server.getLocalPort())).isFalse();
  }
}
