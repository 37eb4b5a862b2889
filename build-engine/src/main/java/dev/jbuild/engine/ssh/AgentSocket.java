package dev.jbuild.engine.ssh;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * A socket where the agent protocol is spoken (draft-miller-ssh-agent), in front of an {@link
 * SshAgent}. Identities are listed and data is signed; all else, such as adding or removing keys or
 * locking the agent, is refused here. Whoever connects never sees the agent's own socket, and the
 * way in ends with {@link #close}.
 */
public final class AgentSocket implements AutoCloseable {
  private static final int FAILURE = 5;
  private static final int LIST = 11;
  private static final int SIGN = 13;

  /** As OpenSSH's agent: 256 KiB. */
  private static final int LONGEST = 256 << 10;

  /**
   * Connections at a time; more wait. Each may hold a message and two descriptors of a process that
   * serves other builds, too.
   */
  static final int MOST = 64;

  private final ServerSocketChannel server;
  private final SshAgent agent;
  private final Semaphore room = new Semaphore(MOST);
  private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();

  private AgentSocket(ServerSocketChannel server, SshAgent agent) {
    this.server = server;
    this.agent = agent;
  }

  /**
   * @param socket where clients connect to; made here
   */
  public static AgentSocket open(Path socket, SshAgent agent) throws IOException {
    ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      server.bind(UnixDomainSocketAddress.of(socket));
    } catch (IOException e) {
      server.close();
      throw e;
    }
    AgentSocket opened = new AgentSocket(server, agent);
    Thread.ofVirtual().name("ssh-agent").start(opened::accept);
    return opened;
  }

  private void accept() {
    while (server.isOpen()) {
      try {
        room.acquire();
        SocketChannel client = server.accept();
        connections.add(client);
        if (!server.isOpen()) {
          client.close(); // accepted while close went through the connections
        }
        Thread.ofVirtual().name("ssh-agent").start(() -> serve(client));
      } catch (IOException | InterruptedException closed) {
        return;
      }
    }
  }

  private void serve(SocketChannel client) {
    try (client;
        Behind behind = behind()) {
      for (byte[] request = read(client); request != null; request = read(client)) {
        int type = request.length == 0 ? 0 : request[0];
        byte[] refused = {FAILURE};
        write(client, type == LIST || type == SIGN ? behind.answer(request) : refused);
      }
    } catch (IOException gone) {
      // The client sees its connection end, as with an agent that is gone.
    } finally {
      connections.remove(client);
      room.release();
    }
  }

  /** What answers the requests that may be made. */
  private interface Behind extends AutoCloseable {
    byte[] answer(byte[] request) throws IOException;

    @Override
    void close() throws IOException;
  }

  private Behind behind() throws IOException {
    return switch (agent) {
      case SshAgent.Keys keys -> new OwnKeys(new KeyAgent(keys.keys()));
      case SshAgent.Socket socket ->
          new Forwarded(SocketChannel.open(UnixDomainSocketAddress.of(socket.path())));
    };
  }

  private record OwnKeys(KeyAgent keys) implements Behind {
    @Override
    public byte[] answer(byte[] request) {
      return keys.answer(request);
    }

    @Override
    public void close() {}
  }

  private record Forwarded(SocketChannel agent) implements Behind {
    @Override
    public byte[] answer(byte[] request) throws IOException {
      write(agent, request);
      byte[] answer = read(agent);
      if (answer == null) {
        throw new EOFException();
      }
      return answer;
    }

    @Override
    public void close() throws IOException {
      agent.close();
    }
  }

  /** The next message without its length; null at the end. */
  private static byte @Nullable [] read(SocketChannel from) throws IOException {
    ByteBuffer length = ByteBuffer.allocate(4);
    if (from.read(length) < 0) {
      return null;
    }
    fill(from, length);
    int size = length.flip().getInt();
    if (size < 0 || size > LONGEST) {
      throw new IOException("a message of " + size + " bytes");
    }
    ByteBuffer message = ByteBuffer.allocate(size);
    fill(from, message);
    return message.array();
  }

  private static void fill(SocketChannel from, ByteBuffer buffer) throws IOException {
    while (buffer.hasRemaining()) {
      if (from.read(buffer) < 0) {
        throw new EOFException();
      }
    }
  }

  private static void write(SocketChannel to, byte[] message) throws IOException {
    ByteBuffer framed = ByteBuffer.allocate(4 + message.length);
    framed.putInt(message.length).put(message).flip();
    while (framed.hasRemaining()) {
      to.write(framed);
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
    for (SocketChannel each : connections) {
      each.close();
    }
  }
}
