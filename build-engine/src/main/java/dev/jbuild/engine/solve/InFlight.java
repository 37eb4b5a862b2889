package dev.jbuild.engine.solve;

import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.oci.Digest;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;

/**
 * Operations at work in this process, by cache key: builds that need the same one wait for it.
 *
 * <p>When the build that runs an operation fails or is cancelled, one of those who wait takes over;
 * another build's failure is never reported as one's own. Safe for use by many threads.
 */
public final class InFlight {
  private final ConcurrentHashMap<Digest, CompletableFuture<List<StackLayer>>> running =
      new ConcurrentHashMap<>();

  /** What came of it, and whether this caller's task made it. */
  record Outcome(List<StackLayer> layers, boolean ran) {}

  /** Runs the task, or waits for another caller's run under the same key. */
  Outcome run(Digest key, Callable<List<StackLayer>> task) throws Exception {
    while (true) {
      CompletableFuture<List<StackLayer>> mine = new CompletableFuture<>();
      CompletableFuture<List<StackLayer>> other = running.putIfAbsent(key, mine);
      if (other == null) {
        try {
          List<StackLayer> layers = task.call();
          mine.complete(layers);
          return new Outcome(layers, true);
        } finally {
          running.remove(key, mine);
          mine.cancel(false);
        }
      }
      try {
        return new Outcome(other.get(), false);
      } catch (java.util.concurrent.CancellationException | ExecutionException e) {
        // Its owner did not finish; the loop makes this caller the owner, or finds the next one.
      }
    }
  }
}
