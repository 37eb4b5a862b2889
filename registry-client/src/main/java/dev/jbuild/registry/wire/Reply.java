package dev.jbuild.registry.wire;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;

/** An answer and the room it takes up at its host until it is closed. */
final class Reply implements AutoCloseable {
  private final int status;
  private final URI uri;
  private final HttpHeaders headers;
  private final InputStream body;
  private final Semaphore room;
  private final AtomicBoolean open = new AtomicBoolean(true);

  Reply(int status, URI uri, HttpHeaders headers, InputStream body, Semaphore room) {
    this.status = status;
    this.uri = uri;
    this.headers = headers;
    this.body = body;
    this.room = room;
  }

  int status() {
    return status;
  }

  /** Where the answer came from, after redirects. */
  URI uri() {
    return uri;
  }

  HttpHeaders headers() {
    return headers;
  }

  Optional<String> header(String name) {
    return headers.firstValue(name);
  }

  /** Where the answer sends us on to; empty if it does not say, or says it in no URL. */
  Optional<URI> location() {
    try {
      return header("Location")
          .filter(text -> !text.isBlank())
          .map(text -> Onward.resolve(uri, text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  OptionalLong length() {
    try {
      return headers.firstValueAsLong("Content-Length");
    } catch (NumberFormatException e) {
      return OptionalLong.empty();
    }
  }

  InputStream body() {
    return body;
  }

  @Override
  public void close() {
    if (open.compareAndSet(true, false)) {
      try {
        body.close();
      } catch (IOException e) {
        // Then it is closed.
      } finally {
        room.release();
      }
    }
  }
}
