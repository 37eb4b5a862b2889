package dev.jbuild.cli;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * As much of an image registry on the loopback interface as a push and a pull of one image ask of
 * it, kept in memory. On plain sockets: the classes of a real HTTP server would be in the AOT
 * cache, and so in every start, for nothing.
 */
final class TrainingRegistry implements AutoCloseable {
  private final ServerSocket socket;
  private final Map<String, byte[]> stored = new ConcurrentHashMap<>();
  private final Map<String, String> types = new ConcurrentHashMap<>();
  private final AtomicInteger uploads = new AtomicInteger();

  private TrainingRegistry(ServerSocket socket) {
    this.socket = socket;
  }

  static TrainingRegistry start() throws IOException {
    TrainingRegistry registry =
        new TrainingRegistry(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    Thread.ofPlatform().daemon().name("training-registry").start(registry::accept);
    return registry;
  }

  String host() {
    return "localhost:" + socket.getLocalPort();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        Thread.ofPlatform().daemon().start(() -> serve(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket connection) {
    try (connection;
        InputStream in = new BufferedInputStream(connection.getInputStream())) {
      String request = line(in);
      while (!request.isEmpty()) {
        answer(request.split(" "), in, connection.getOutputStream());
        request = line(in);
      }
    } catch (IOException e) {
      // the client is gone, or the training is over
    }
  }

  private void answer(String[] request, InputStream in, OutputStream out) throws IOException {
    int length = 0;
    boolean chunked = false;
    String type = "application/octet-stream";
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      String name = header.substring(0, header.indexOf(':')).toLowerCase(Locale.ROOT);
      String value = header.substring(header.indexOf(':') + 1).strip();
      switch (name) {
        case "content-length" -> length = Integer.parseInt(value);
        case "content-type" -> type = value;
        case "transfer-encoding" -> chunked = true;
        default -> {
          // of no interest here
        }
      }
    }
    byte[] body = chunked ? chunks(in) : in.readNBytes(length);
    String path = request[1];
    switch (request[0]) {
      case "POST" ->
          reply(out, "202 Accepted", "Location: /v2/u/" + uploads.incrementAndGet(), null);
      case "PATCH" -> {
        stored.merge(path, body, TrainingRegistry::joined);
        reply(out, "202 Accepted", "Location: " + path, null);
      }
      case "PUT" -> {
        int digest = path.indexOf("digest=");
        String name = digest < 0 ? path : path.substring(digest + 7).replace("%3A", ":");
        byte[] before = digest < 0 ? null : stored.get(path.substring(0, path.indexOf('?')));
        stored.put(key(name), before == null ? body : joined(before, body));
        types.put(key(name), type);
        reply(out, "201 Created", "Location: " + path, null);
      }
      case "GET", "HEAD" -> {
        byte[] content = path.equals("/v2/") ? new byte[] {'{', '}'} : stored.get(key(path));
        String found = types.getOrDefault(key(path), type);
        boolean head = request[0].equals("HEAD");
        if (content == null) {
          reply(out, "404 Not Found", "X-None: 1", null);
        } else {
          String headers =
              "Content-Type: " + found + (head ? "\r\nContent-Length: " + content.length : "");
          reply(out, "200 OK", headers, head ? null : content);
        }
      }
      default -> reply(out, "405 Method Not Allowed", "X-None: 1", null);
    }
  }

  /** The last part of a path: a tag or a digest. One image is all there is. */
  private static String key(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private static byte[] joined(byte[] first, byte[] second) {
    byte[] all = new byte[first.length + second.length];
    System.arraycopy(first, 0, all, 0, first.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  private static void reply(OutputStream out, String status, String headers, byte @Nullable [] body)
      throws IOException {
    String length =
        headers.contains("Content-Length")
            ? ""
            : "\r\nContent-Length: " + (body == null ? 0 : body.length);
    out.write(
        ("HTTP/1.1 " + status + "\r\n" + headers + length + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    if (body != null) {
      out.write(body);
    }
    out.flush();
  }

  private static byte[] chunks(InputStream in) throws IOException {
    byte[] all = {};
    while (true) {
      int size = Integer.parseInt(line(in), 16);
      all = joined(all, in.readNBytes(size));
      line(in);
      if (size == 0) {
        return all;
      }
    }
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
