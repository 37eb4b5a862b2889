package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;

/** Runs a piece of work once for all who ask for it while it runs. */
final class OnceAtATime<K, V> {
  private final ConcurrentHashMap<K, CompletableFuture<V>> running = new ConcurrentHashMap<>();

  /** The result of the work for that key: one's own, or that of whoever began first. */
  V run(K key, Supplier<V> work) {
    CompletableFuture<V> mine = new CompletableFuture<>();
    CompletableFuture<V> first = running.putIfAbsent(key, mine);
    if (first != null) {
      return await(first);
    }
    try {
      V value = work.get();
      mine.complete(value);
      return value;
    } catch (RuntimeException | Error e) {
      mine.completeExceptionally(e);
      throw e;
    } finally {
      running.remove(key, mine);
    }
  }

  private static <V> V await(CompletableFuture<V> other) {
    try {
      return other.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildFailure(
          BuildFailure.Kind.CANCELLED, "interrupted while waiting for a layer", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof BuildFailure failure) {
        throw new BuildFailure(
            failure.kind(), failure.text(), failure.hint().orElse(null), failure);
      }
      throw new BuildFailure(
          BuildFailure.Kind.INTERNAL, "another thread's work on a layer ended early", e);
    }
  }
}
