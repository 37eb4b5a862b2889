package dev.jbuild.engine.export;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The one call of a Docker daemon that a build needs: {@code POST /images/load}, with the archive
 * written straight into the request.
 */
final class DockerDaemon {
  private static final int MAX_ANSWER = 1 << 20;
  private static final Pattern ERROR =
      Pattern.compile("\"(?:error|message)\"\\s*:\\s*\"((?:[^\"\\\\]|\\\\.)*)\"");

  private static final List<String> REQUEST =
      List.of(
          "POST /images/load?quiet=1 HTTP/1.1",
          "Host: docker",
          "Content-Type: application/x-tar",
          "Transfer-Encoding: chunked",
          "Connection: close",
          "",
          "");

  private final String host;

  /**
   * @param host as {@code DOCKER_HOST} has it: {@code unix:///path} or {@code tcp://host:port}
   */
  DockerDaemon(String host) {
    this.host = host;
  }

  /** Writes an archive. */
  @FunctionalInterface
  interface Archive {
    void writeTo(OutputStream out) throws IOException;
  }

  /** Loads the images of an archive that {@code docker load} reads. */
  void load(Archive archive) throws IOException {
    SocketAddress address = address();
    try (SocketChannel channel = open(address);
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
        InputStream in = new BufferedInputStream(Channels.newInputStream(channel))) {
      out.write(String.join("\r\n", REQUEST).getBytes(StandardCharsets.US_ASCII));
      IOException broken = null;
      try {
        OutputStream body = new Chunks(out);
        archive.writeTo(body);
        out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        out.flush();
      } catch (IOException e) {
        // A daemon that refuses the archive may say why before it has read all of it.
        broken = e;
      }
      answer(new String(in.readNBytes(MAX_ANSWER), StandardCharsets.UTF_8), broken);
    }
  }

  private SocketAddress address() {
    if (host.startsWith("unix://")) {
      return UnixDomainSocketAddress.of(host.substring("unix://".length()));
    }
    if (host.startsWith("tcp://")) {
      URI uri = URI.create(host);
      if (uri.getHost() != null) {
        return new InetSocketAddress(uri.getHost(), uri.getPort() < 0 ? 2375 : uri.getPort());
      }
    }
    throw new BuildFailure(
        Kind.UNSUPPORTED,
        "the Docker daemon at \"" + host + "\" cannot be reached",
        "DOCKER_HOST is unix:///PATH or tcp://HOST:PORT, without TLS; or write an archive with"
            + " --output type=docker,dest=FILE and docker load it",
        null);
  }

  private SocketChannel open(SocketAddress address) {
    try {
      SocketChannel channel =
          address instanceof UnixDomainSocketAddress
              ? SocketChannel.open(StandardProtocolFamily.UNIX)
              : SocketChannel.open();
      try {
        channel.connect(address);
        return channel;
      } catch (IOException | RuntimeException e) {
        channel.close();
        throw e;
      }
    } catch (IOException e) {
      throw new BuildFailure(
          Kind.UNAVAILABLE,
          "there is no Docker daemon at \"" + host + "\": " + e.getMessage(),
          "start it, or name another with DOCKER_HOST",
          e);
    }
  }

  private void answer(String answer, @Nullable IOException broken) {
    int end = answer.indexOf("\r\n");
    String status = end < 0 ? answer : answer.substring(0, end);
    String body = answer.substring(Math.max(answer.indexOf("\r\n\r\n"), 0));
    boolean good = status.startsWith("HTTP/1.1 200") || status.startsWith("HTTP/1.0 200");
    // With status 200 a failure comes in the stream of messages.
    boolean failed = body.toLowerCase(Locale.ROOT).contains("\"error");
    if (broken == null && good && !failed) {
      return;
    }
    Matcher reason = ERROR.matcher(body);
    String why =
        reason.find()
            ? reason.group(1)
            : broken != null && !good ? String.valueOf(broken.getMessage()) : status;
    throw new BuildFailure(
        Kind.UNAVAILABLE, "the Docker daemon did not load the image: " + why, broken);
  }

  /** HTTP chunks; closing it leaves the connection open. */
  private static final class Chunks extends FilterOutputStream {
    Chunks(OutputStream out) {
      super(out);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (length > 0) {
        out.write((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.write(bytes, offset, length);
        out.write('\r');
        out.write('\n');
      }
    }

    @Override
    public void close() throws IOException {
      out.flush();
    }
  }
}
