package dev.jbuild.engine.solve;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Owns all threads of one build.
 *
 * <p>The first failure is kept and everything else is interrupted; {@link #close} returns only when
 * no thread of the build runs any more, so nothing of a build outlives it. The JDK's own structured
 * scopes are a preview in release 25; this is the small part of them that a build needs.
 *
 * <p>Safe for use by the threads it owns.
 */
public final class BuildScope implements AutoCloseable {
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("build-", 0).factory());
  private final AtomicReference<BuildFailure> first = new AtomicReference<>();
  private final Semaphore working;

  /**
   * @param parallel operations that may be at work at once; waiting threads do not count
   */
  public BuildScope(int parallel) {
    working = new Semaphore(parallel, true);
  }

  /** Starts a task; its failure, if it fails, ends the whole build. */
  public <T> Future<T> fork(Callable<T> task) {
    try {
      return threads.submit(() -> {
        try {
          return task.call();
        } catch (Throwable failure) {
          throw fail(failure);
        }
      });
    } catch (RejectedExecutionException e) {
      throw cancelled();
    }
  }

  /** The value of a task, once it has one. */
  public <T> T join(Future<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      throw asFailure(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException | CancellationException e) {
      Thread.currentThread().interrupt();
      throw cancelled();
    }
  }

  /** The values of several tasks, in order, once all have one. */
  public <T> List<T> joinAll(List<Future<T>> futures) {
    List<T> values = new ArrayList<>(futures.size());
    for (Future<T> future : futures) {
      values.add(join(future));
    }
    return values;
  }

  /** Runs work that uses a processor, a disk or a sandbox, as one of the {@code parallel} slots. */
  public <T> T work(Callable<T> task) throws Exception {
    working.acquire();
    try {
      return task.call();
    } finally {
      working.release();
    }
  }

  /** Remembers the first failure and interrupts everything else; gives back what to throw. */
  public BuildFailure fail(Throwable failure) {
    BuildFailure mine = asFailure(failure);
    if (first.compareAndSet(null, mine)) {
      threads.shutdownNow();
    }
    return mine;
  }

  /** The failure that ended the build: the first one, not those that followed from it. */
  public BuildFailure cause(BuildFailure otherwise) {
    BuildFailure failure = first.get();
    return failure == null ? otherwise : failure;
  }

  /** Interrupts what still runs and waits until all of it has ended. */
  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
  }

  private static BuildFailure cancelled() {
    return new BuildFailure(Kind.CANCELLED, "the build is cancelled");
  }

  /** Any throwable as the one failure type. */
  public static BuildFailure asFailure(Throwable failure) {
    return switch (failure) {
      case BuildFailure known -> known;
      case InterruptedException interrupted -> {
        Thread.currentThread().interrupt();
        yield cancelled();
      }
      case java.nio.channels.ClosedByInterruptException interrupted -> cancelled();
      case java.io.IOException io ->
          new BuildFailure(Kind.UNAVAILABLE, String.valueOf(io.getMessage()), io);
      default -> new BuildFailure(Kind.INTERNAL, "internal error: " + failure, failure);
    };
  }
}
