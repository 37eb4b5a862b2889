package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import java.util.Collection;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The same work on several things at once. The first failure interrupts the rest and is thrown. */
final class Parallel {
  private Parallel() {}

  static <T> void run(Collection<T> items, Consumer<T> work) {
    if (items.size() == 1) {
      items.forEach(work);
      return;
    }
    // close() waits until every thread is done, also those that were interrupted.
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      CompletionService<@Nullable Void> done = new ExecutorCompletionService<>(threads);
      for (T item : items) {
        done.submit(() -> work.accept(item), null);
      }
      try {
        for (int i = 0; i < items.size(); i++) {
          get(done.take());
        }
      } catch (InterruptedException e) {
        threads.shutdownNow();
        Thread.currentThread().interrupt();
        throw new BuildFailure(BuildFailure.Kind.CANCELLED, "cancelled", e);
      } catch (RuntimeException e) {
        threads.shutdownNow();
        throw e;
      }
    }
  }

  /** The work's own exception instead of the executor's wrapping. */
  static void get(Future<?> task) throws InterruptedException {
    try {
      task.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case RuntimeException failure -> throw failure;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }
}
