package dev.jbuild.server;

import dev.jbuild.failure.BuildFailure;
import io.vertx.core.Context;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;

/** Does blocking work on virtual threads and comes back to the event loop with its result. */
final class Offload implements AutoCloseable {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /**
   * Runs {@code work} on a virtual thread, then {@code answer} with its result on the event loop of
   * the request, which is answered here when the work fails.
   */
  <T> void run(RoutingContext request, Callable<T> work, Consumer<T> answer) {
    run(request, work, answer, failure -> Reply.failure(request, failure));
  }

  <T> void run(
      RoutingContext request, Callable<T> work, Consumer<T> answer, Consumer<BuildFailure> refuse) {
    Context loop = request.vertx().getOrCreateContext();
    threads.execute(() -> {
      try {
        T result = work.call();
        loop.runOnContext(_ -> answer.accept(result));
      } catch (BuildFailure e) {
        loop.runOnContext(_ -> refuse.accept(e));
      } catch (Exception e) {
        BuildFailure fault =
            new BuildFailure(BuildFailure.Kind.INTERNAL, "internal fault: " + e, e);
        loop.runOnContext(_ -> refuse.accept(fault));
      }
    });
  }

  /** Runs something that answers by itself. */
  void start(Runnable work) {
    threads.execute(work);
  }

  /** Interrupts what still runs. */
  @Override
  public void close() {
    threads.shutdownNow();
  }
}
