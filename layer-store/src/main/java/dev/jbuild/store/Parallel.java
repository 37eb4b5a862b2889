package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Function;

/** The same work on several things, as many at a time as there are processors. */
final class Parallel {
  private static final int WIDTH = Math.max(2, Runtime.getRuntime().availableProcessors());

  private Parallel() {}

  /** The results in the order of the items; the first failure, after all that began have ended. */
  static <T, R> List<R> map(List<T> items, Function<T, R> work) {
    return map(items, _ -> {}, work);
  }

  /**
   * As {@link #map(List, Function)}.
   *
   * @param before done to each item first, to all of them at once: it waits more than it works
   */
  static <T, R> List<R> map(List<T> items, Consumer<T> before, Function<T, R> work) {
    if (items.size() <= 1) {
      items.forEach(before);
      return items.stream().map(work).toList();
    }
    Semaphore slots = new Semaphore(WIDTH);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<R>> running = new ArrayList<>();
      for (T item : items) {
        running.add(
            threads.submit(() -> {
              before.accept(item);
              slots.acquire();
              try {
                return work.apply(item);
              } finally {
                slots.release();
              }
            }));
      }
      List<R> results = new ArrayList<>();
      for (Future<R> each : running) {
        results.add(each.get());
      }
      return results;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildFailure(BuildFailure.Kind.CANCELLED, "interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BuildFailure failure) {
        throw new BuildFailure(
            failure.kind(), failure.text(), failure.hint().orElse(null), failure);
      }
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL, "work on a layer ended early", e.getCause());
    }
  }
}
