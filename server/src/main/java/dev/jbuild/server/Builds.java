package dev.jbuild.server;

import dev.jbuild.engine.BuildEngine;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.server.json.EventJson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The builds of a server: those that run, those that wait for their turn, first come first served,
 * and the last ones that ended. Thread-safe.
 */
final class Builds implements AutoCloseable {
  private final BuildEngine engine;
  private final ServerOptions options;
  private final Path spool;
  private final Clock clock;
  private final Semaphore running;
  private final BuildMetrics metrics = new BuildMetrics();
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, ServedBuild> builds = new LinkedHashMap<>();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("build-time").factory());
  private int accepted;
  private boolean closed;

  /**
   * @param spool a directory of this server's own for contexts and events
   */
  Builds(BuildEngine engine, ServerOptions options, Path spool, Clock clock) {
    this.engine = engine;
    this.options = options;
    this.spool = spool;
    this.clock = clock;
    this.running = new Semaphore(options.maxBuilds(), true);
  }

  /**
   * Room for one build, taken before its context is read so that no upload is in vain. It is either
   * handed to {@link #submit} or released.
   *
   * @return empty when the server runs and queues as many as it may
   */
  Optional<Place> reserve() {
    lock.lock();
    try {
      if (closed || accepted >= options.maxBuilds() + options.queue()) {
        metrics.refused();
        return Optional.empty();
      }
      accepted++;
    } finally {
      lock.unlock();
    }
    String id = BuildIds.next();
    return Optional.of(new Place(id, spool.resolve(id + ".context")));
  }

  /** A build to be. */
  final class Place {
    private final String id;
    private final Path context;
    private final AtomicBoolean released = new AtomicBoolean();

    private Place(String id, Path context) {
      this.id = id;
      this.context = context;
    }

    /** Where the context goes. */
    Path context() {
      return context;
    }

    /** Gives the room back, once. */
    void release() {
      if (released.compareAndSet(false, true)) {
        lock.lock();
        try {
          accepted--;
        } finally {
          lock.unlock();
        }
        deleteQuietly(context);
      }
    }
  }

  /** Starts the build on a thread of its own as soon as it is its turn. */
  ServedBuild submit(Place place, BuildRequest request) {
    EventLog events = new EventLog(spool.resolve(place.id + ".events"));
    ServedBuild build =
        new ServedBuild(place.id, request, place.context, events, Instant.now(clock));
    lock.lock();
    try {
      builds.put(build.id(), build);
      forgetOldest();
    } finally {
      lock.unlock();
    }
    Thread.ofVirtual().name("build " + build.id()).start(() -> run(build, place));
    return build;
  }

  private void run(ServedBuild build, Place place) {
    build.attach();
    try {
      running.acquire();
      Instant began = Instant.now(clock);
      try {
        runNow(build);
      } finally {
        running.release();
        metrics.ran(Duration.between(began, Instant.now(clock)));
      }
    } catch (InterruptedException e) {
      fail(
          build,
          new BuildFailure(
              BuildFailure.Kind.CANCELLED, "the build was cancelled before it began", e));
    } finally {
      place.release();
      metrics.ended(build.state());
      build.events().end();
    }
  }

  private void runNow(ServedBuild build) {
    build.start(Instant.now(clock));
    AtomicBoolean overtime = new AtomicBoolean();
    ScheduledFuture<?> limit =
        timer.schedule(
            () -> {
              overtime.set(true);
              build.cancel();
            },
            options.buildTime().toMillis(),
            TimeUnit.MILLISECONDS);
    BuildFailure failure;
    EventsButTheLast events = new EventsButTheLast(build.events());
    try {
      build.succeed(engine.build(build.request(), events::on), Instant.now(clock));
      events.last().ifPresent(last -> build.events().append(EventJson.of(last)));
      return;
    } catch (BuildFailure e) {
      failure = e;
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      failure = new BuildFailure(BuildFailure.Kind.INTERNAL, "internal fault: " + e, e);
    } finally {
      limit.cancel(false);
    }
    if (overtime.get()) {
      failure =
          new BuildFailure(
              BuildFailure.Kind.UNAVAILABLE,
              "the build took longer than the "
                  + options.buildTime().toMinutes()
                  + " min it may take",
              failure);
    }
    fail(build, failure);
  }

  private void fail(ServedBuild build, BuildFailure failure) {
    Instant now = Instant.now(clock);
    build.fail(failure, now);
    build.events().append(EventJson.of(new BuildEvent.Failed(now, build.age(now), failure)));
  }

  /**
   * Writes events but holds the last one back: by the time followers see it, the build itself shows
   * its end, and the server may know better why it failed.
   */
  private static final class EventsButTheLast {
    private final EventLog log;
    private volatile @Nullable BuildEvent last;

    EventsButTheLast(EventLog log) {
      this.log = log;
    }

    void on(BuildEvent event) {
      if (event instanceof BuildEvent.Finished || event instanceof BuildEvent.Failed) {
        last = event;
      } else {
        log.append(EventJson.of(event));
      }
    }

    Optional<BuildEvent> last() {
      return Optional.ofNullable(last);
    }
  }

  Optional<ServedBuild> find(String id) {
    lock.lock();
    try {
      return Optional.ofNullable(builds.get(id));
    } finally {
      lock.unlock();
    }
  }

  /** The newest first. */
  List<ServedBuild> list() {
    lock.lock();
    try {
      return new ArrayList<>(builds.values()).reversed();
    } finally {
      lock.unlock();
    }
  }

  /** Numbers for Prometheus. */
  String metrics() {
    int running = options.maxBuilds() - this.running.availablePermits();
    lock.lock();
    try {
      return metrics.text(running, Math.max(0, accepted - running));
    } finally {
      lock.unlock();
    }
  }

  private void forgetOldest() {
    Iterator<ServedBuild> oldest = builds.values().iterator();
    for (int over = builds.size() - options.keptBuilds(); over > 0 && oldest.hasNext(); ) {
      ServedBuild build = oldest.next();
      if (build.state().isFinal()) {
        oldest.remove();
        over--;
        try {
          build.events().close();
        } catch (IOException e) {
          // the file is below the spool directory, which goes with the server
        }
      }
    }
  }

  /** Cancels what runs and waits, for a moderate time, until it is gone. */
  @Override
  public void close() {
    List<ServedBuild> all;
    lock.lock();
    try {
      closed = true;
      all = List.copyOf(builds.values());
    } finally {
      lock.unlock();
    }
    all.forEach(ServedBuild::cancel);
    try {
      for (ServedBuild build : all) {
        if (!build.events().awaitEnd(Duration.ofSeconds(15))) {
          break;
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    timer.shutdownNow();
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // below the spool directory, which goes with the server
    }
  }
}
