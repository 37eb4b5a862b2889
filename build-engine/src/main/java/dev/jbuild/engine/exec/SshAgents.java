package dev.jbuild.engine.exec;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * Stands between a step and an SSH agent: each connection to our socket becomes one to the agent's.
 * The step never sees the agent's own socket, and the way in ends with the step.
 */
final class SshAgents implements AutoCloseable {
  private static final int BUFFER = 16 * 1024;

  private final ServerSocketChannel server;
  private final Path agent;

  private SshAgents(ServerSocketChannel server, Path agent) {
    this.server = server;
    this.agent = agent;
  }

  /**
   * @param socket where steps connect to; made here
   * @param agent the agent's own socket
   */
  static SshAgents open(Path socket, Path agent) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      server.close();
      throw e;
    }
    SshAgents agents = new SshAgents(server, agent);
    Thread.ofVirtual().name("ssh-agent").start(agents::accept);
    return agents;
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        SocketChannel step = server.accept();
        Thread.ofVirtual().name("ssh-agent").start(() -> serve(step));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void serve(SocketChannel step) {
    try (step;
        SocketChannel theirs = SocketChannel.open(UnixDomainSocketAddress.of(agent))) {
      Thread back = Thread.ofVirtual().start(() -> copy(theirs, step));
      copy(step, theirs);
      theirs.shutdownOutput();
      back.join();
    } catch (IOException unreachable) {
      // The step sees its connection end, as with an agent that is gone.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void copy(ByteChannel from, ByteChannel to) {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    try {
      while (from.read(buffer) >= 0) {
        buffer.flip();
        while (buffer.hasRemaining()) {
          to.write(buffer);
        }
        buffer.clear();
      }
    } catch (IOException ended) {
      // One side hung up; the other learns it from the closed channel.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
