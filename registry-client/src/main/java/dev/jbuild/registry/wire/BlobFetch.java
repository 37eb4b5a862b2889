package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.registry.BlobSink;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RepositoryName;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Fetches one blob. After a drop it asks for the rest by Range; where the registry has no ranges it
 * asks for all and lets go of what the sink has already.
 *
 * <p>A large blob is fetched by several ranges at a time, since one connection over a long line
 * carries less than the line does. The parts wait in memory for their turn, so the sink still sees
 * the bytes in order, and no more than {@link #AHEAD} parts are in memory.
 */
final class BlobFetch {
  /**
   * From this size on ranges are asked for; below it the extra requests cost more than they win.
   */
  static final long LARGE = 48L << 20;

  static final int PART = 8 << 20;
  static final int AHEAD = 3;
  private static final Pattern CONTENT_RANGE =
      Pattern.compile("bytes ([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18}|\\*)");

  private final RegistryHttp http;
  private final Retries retries;
  private final RepositoryName repository;
  private final Descriptor blob;
  private final BlobSink sink;
  private final Action action;
  private final RegistryHttp.Target target;

  /** Set by a 416: some proxies say so of every range. */
  private boolean rangesRefused;

  BlobFetch(
      RegistryHttp http,
      Retries retries,
      RepositoryName repository,
      Descriptor blob,
      BlobSink sink) {
    this.http = http;
    this.retries = retries;
    this.repository = repository;
    this.blob = blob;
    this.sink = sink;
    action = Action.of("pull", "blob " + blob.digest(), repository);
    target = new RegistryHttp.Target.Path("/v2/" + repository.path() + "/blobs/" + blob.digest());
  }

  void run() {
    if (sink.position() > blob.size()) {
      throw wrong("the sink has " + sink.position() + " bytes of " + blob.size() + " already");
    }
    boolean inParts =
        retries.run(
            "GET",
            action,
            new Retries.Attempt<Boolean>() {
              @Override
              public Boolean run() throws IOException {
                return transfer();
              }

              @Override
              public long progress() {
                return sink.position();
              }
            });
    if (inParts) {
      fetchParts();
    }
  }

  /**
   * One request from the sink's position on.
   *
   * @return whether the registry has ranges and more is to come
   */
  private boolean transfer() throws IOException {
    long from = sink.position();
    long left = blob.size() - from;
    if (left == 0) {
      return false;
    }
    boolean parts = left >= LARGE && !rangesRefused;
    boolean ranged = parts || (from > 0 && !rangesRefused);
    RegistryHttp.Ask ask =
        http.ask("GET", action, Scope.pull(repository), target).accepting(200, 206, 416);
    if (ranged) {
      long last = parts ? from + PART - 1 : blob.size() - 1;
      ask = ask.withHeader("Range", "bytes=" + from + "-" + last);
    }
    try (Reply reply = http.send(ask)) {
      if (reply.status() == 416 && ranged) {
        rangesRefused = true;
        throw new IOException("the registry refuses a range");
      }
      return switch (reply.status()) {
        case 206 -> {
          long end = checkedRange(reply, from);
          pump(reply.body(), end - from);
          yield sink.position() < blob.size();
        }
        case 416 ->
            throw wrong(
                "the registry has no byte " + from + " of a blob of " + blob.size() + " bytes");
        default -> {
          OptionalLong length = reply.length();
          if (length.isPresent() && length.getAsLong() != blob.size()) {
            throw wrong("it is " + length.getAsLong() + " bytes long, not " + blob.size());
          }
          skip(reply.body(), from);
          pump(reply.body(), left);
          if (length.isEmpty() && reply.body().read() >= 0) {
            throw wrong("it is longer than " + blob.size() + " bytes");
          }
          yield false;
        }
      };
    }
  }

  /** Where the range that was sent ends (exclusive); it must start where we asked. */
  private long checkedRange(Reply reply, long from) throws IOException {
    Optional<String> header = reply.header("Content-Range");
    Matcher range = CONTENT_RANGE.matcher(header.orElse(""));
    if (!range.matches() || Long.parseLong(range.group(1)) != from) {
      throw new IOException(
          "asked for bytes from " + from + ", got \"" + header.orElse("no Content-Range") + "\"");
    }
    if (!range.group(3).equals("*") && Long.parseLong(range.group(3)) != blob.size()) {
      throw wrong("it is " + range.group(3) + " bytes long, not " + blob.size());
    }
    return Math.min(blob.size(), Long.parseLong(range.group(2)) + 1);
  }

  private static void skip(InputStream in, long count) throws IOException {
    byte[] buffer = new byte[64 * 1024];
    long left = count;
    while (left > 0) {
      int got = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (got < 0) {
        throw new EOFException("the blob ends " + left + " bytes early");
      }
      left -= got;
    }
  }

  private void pump(InputStream in, long count) throws IOException {
    byte[] buffer = new byte[64 * 1024];
    long left = count;
    while (left > 0) {
      int got = in.read(buffer, 0, (int) Math.min(buffer.length, left));
      if (got < 0) {
        throw new EOFException("the blob ends " + left + " bytes early");
      }
      write(buffer, got);
      left -= got;
    }
  }

  private void write(byte[] buffer, int count) {
    try {
      sink.write(buffer, 0, count);
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, action + ": it cannot be written: " + e.getMessage(), e);
    }
  }

  private void fetchParts() {
    Queue<Future<Part>> parts = new ArrayDeque<>();
    Queue<Part> spare = new ArrayDeque<>();
    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    try {
      long asked = sink.position();
      while (sink.position() < blob.size()) {
        while (parts.size() < AHEAD && asked < blob.size()) {
          long start = asked;
          int length = (int) Math.min(PART, blob.size() - start);
          // The same few buffers over and over: fresh ones would fill the heap between collections.
          Part part = spare.isEmpty() ? new Part() : spare.remove();
          parts.add(threads.submit(() -> part.fetch(start, length)));
          asked += length;
        }
        Part next = parts.remove().get();
        write(next.bytes, next.filled);
        spare.add(next);
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BuildFailure failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw HostAccess.cancelled(e);
    } finally {
      threads.shutdownNow();
    }
  }

  /** A range in memory, waiting for its turn. Used by one thread after the other. */
  private final class Part implements Retries.Attempt<Part> {
    private final byte[] bytes = new byte[PART];
    private long start;
    private int length;
    private int filled;

    Part fetch(long from, int count) {
      start = from;
      length = count;
      filled = 0;
      return retries.run("GET", action, this);
    }

    @Override
    public Part run() throws IOException {
      long from = start + filled;
      RegistryHttp.Ask ask =
          http.ask("GET", action, Scope.pull(repository), target)
              .accepting(200, 206)
              .withHeader("Range", "bytes=" + from + "-" + (start + length - 1));
      try (Reply reply = http.send(ask)) {
        if (reply.status() == 206) {
          checkedRange(reply, from);
        } else {
          skip(reply.body(), from);
        }
        while (filled < length) {
          int got = reply.body().read(bytes, filled, length - filled);
          if (got < 0) {
            throw new EOFException("the part ends " + (length - filled) + " bytes early");
          }
          filled += got;
        }
      }
      return this;
    }

    @Override
    public long progress() {
      return filled;
    }
  }

  private RegistryFailure wrong(String why) {
    return new RegistryFailure(
        BuildFailure.Kind.CORRUPT,
        "GET",
        repository.host(),
        200,
        null,
        action + ": " + why,
        null,
        null);
  }
}
