package dev.jbuild.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import dev.jbuild.server.json.EventJson;
import dev.jbuild.server.json.FailureJson;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One build of the server, from the moment it was accepted. Thread-safe. */
final class ServedBuild {

  /** Where a build stands; the last three are final. */
  enum State {
    QUEUED,
    RUNNING,
    SUCCEEDED,
    FAILED,
    CANCELLED;

    boolean isFinal() {
      return this != QUEUED && this != RUNNING;
    }
  }

  private final String id;
  private final BuildRequest request;
  private final Path context;
  private final EventLog events;
  private final Instant created;
  private final ReentrantLock lock = new ReentrantLock();
  private State state = State.QUEUED;
  private boolean cancelled;
  private @Nullable Thread worker;
  private @Nullable Instant started;
  private @Nullable Instant ended;
  private @Nullable BuildResult result;
  private @Nullable BuildFailure failure;

  ServedBuild(String id, BuildRequest request, Path context, EventLog events, Instant created) {
    this.id = id;
    this.request = request;
    this.context = context;
    this.events = events;
    this.created = created;
  }

  String id() {
    return id;
  }

  BuildRequest request() {
    return request;
  }

  /** The spooled context; removed when the build ends. */
  Path context() {
    return context;
  }

  EventLog events() {
    return events;
  }

  State state() {
    lock.lock();
    try {
      return state;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The calling thread waits for and runs the build from here on; {@link #cancel} interrupts it.
   */
  void attach() {
    lock.lock();
    try {
      worker = Thread.currentThread();
      if (cancelled) {
        worker.interrupt();
      }
    } finally {
      lock.unlock();
    }
  }

  /** It is the build's turn. */
  void start(Instant now) {
    lock.lock();
    try {
      state = State.RUNNING;
      started = now;
    } finally {
      lock.unlock();
    }
  }

  /** What it made; empty unless it has succeeded. */
  Optional<BuildResult> result() {
    lock.lock();
    try {
      return Optional.ofNullable(result);
    } finally {
      lock.unlock();
    }
  }

  /** How long ago it began to run; nothing if it never did. */
  Duration age(Instant now) {
    lock.lock();
    try {
      return started == null ? Duration.ZERO : Duration.between(started, now);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Ends a build that waits or runs; one that has ended stays as it is.
   *
   * @return whether it had not ended
   */
  boolean cancel() {
    lock.lock();
    try {
      if (state.isFinal()) {
        return false;
      }
      cancelled = true;
      if (worker != null) {
        worker.interrupt();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  boolean isCancelled() {
    lock.lock();
    try {
      return cancelled;
    } finally {
      lock.unlock();
    }
  }

  void succeed(BuildResult made, Instant now) {
    end(State.SUCCEEDED, made, null, now);
  }

  void fail(BuildFailure why, Instant now) {
    boolean wanted = isCancelled() && why.kind() == BuildFailure.Kind.CANCELLED;
    end(wanted ? State.CANCELLED : State.FAILED, null, why, now);
  }

  private void end(
      State last, @Nullable BuildResult made, @Nullable BuildFailure why, Instant now) {
    lock.lock();
    try {
      worker = null;
      state = last;
      result = made;
      failure = why;
      ended = now;
    } finally {
      lock.unlock();
    }
  }

  ObjectNode toJson() {
    lock.lock();
    try {
      ObjectNode node = Json.object();
      node.put("id", id);
      node.put("state", state.name().toLowerCase(Locale.ROOT));
      node.put("created", created.toString());
      if (started != null) {
        node.put("started", started.toString());
      }
      if (ended != null) {
        node.put("ended", ended.toString());
      }
      node.set("tags", Json.array(request.tags()));
      request.target().ifPresent(target -> node.put("target", target));
      if (result != null) {
        node.set("result", EventJson.result(result));
      }
      if (failure != null) {
        node.set("failure", FailureJson.of(failure));
      }
      node.put("events", "/v1/builds/" + id + "/events");
      return node;
    } finally {
      lock.unlock();
    }
  }
}
