package dev.jbuild.server;

import io.vertx.core.buffer.Buffer;

/** A build's events as server-sent events (WHATWG HTML "Server-sent events"). */
final class ServerSentEvents implements LogStream.Form {

  /** One frame for each line; its id is the place behind it, from which a follower can resume. */
  @Override
  public Buffer of(byte[] lines, long place) {
    Buffer frames = Buffer.buffer(lines.length + lines.length / 4);
    int start = 0;
    for (int i = 0; i < lines.length; i++) {
      if (lines[i] == '\n') {
        frames
            .appendString("id: " + (place + i + 1) + "\ndata: ")
            .appendBytes(lines, start, i - start)
            .appendString("\n\n");
        start = i + 1;
      }
    }
    return frames;
  }

  /** A comment. */
  @Override
  public Buffer heartbeat() {
    return Buffer.buffer(":\n\n");
  }
}
