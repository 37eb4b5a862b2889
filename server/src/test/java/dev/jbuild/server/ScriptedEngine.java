package dev.jbuild.server;

import dev.jbuild.engine.BuildEngine;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.BuildListener;
import dev.jbuild.engine.event.Step;
import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;

/**
 * An engine that does what the build's target says: {@code target=wait} blocks until a permit
 * comes, {@code target=fail} fails, {@code target=chatty} writes much. It notes what it was given.
 */
final class ScriptedEngine implements BuildEngine {
  static final Step STEP = new Step("0/1", "[1/1] RUN true", null);

  final ConcurrentLinkedQueue<BuildRequest> requests = new ConcurrentLinkedQueue<>();
  final ConcurrentLinkedQueue<String> contexts = new ConcurrentLinkedQueue<>();
  final BlockingQueue<String> permits = new LinkedBlockingQueue<>();
  final BlockingQueue<String> entered = new LinkedBlockingQueue<>();

  @Override
  public BuildResult build(BuildRequest request, BuildListener listener) {
    requests.add(request);
    try {
      contexts.add(Files.readString(((ContextSource.Archive) request.context()).file()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    Instant now = Instant.EPOCH;
    listener.on(new BuildEvent.Planned(now, "b1", List.of(STEP)));
    listener.on(new BuildEvent.StepStarted(now, STEP, null));
    entered.add(request.target().orElse(""));
    BuildResult result = new BuildResult("b1", null, null, request.tags());
    switch (Optional.of(request.target().orElse("")).get()) {
      case "wait" -> {
        try {
          permits.take();
        } catch (InterruptedException e) {
          // the engine tells its listener on the interrupted thread, still interrupted
          Thread.currentThread().interrupt();
          BuildFailure failure =
              new BuildFailure(BuildFailure.Kind.CANCELLED, "the build was cancelled", e);
          listener.on(new BuildEvent.Failed(now, Duration.ofSeconds(1), failure));
          throw failure;
        }
      }
      case "fail" -> {
        BuildFailure failure =
            new BuildFailure(BuildFailure.Kind.USER, "no luck", "try harder", null);
        listener.on(new BuildEvent.Failed(now, Duration.ofSeconds(1), failure));
        throw failure;
      }
      case "chatty" -> {
        byte[] line = ("x".repeat(1000) + "\n").getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < 2000; i++) {
          listener.on(new BuildEvent.StepOutput(now, STEP, false, line));
        }
      }
      default -> {}
    }
    listener.on(new BuildEvent.StepFinished(now, STEP, Duration.ofMillis(1500), null));
    listener.on(new BuildEvent.Finished(now, Duration.ofSeconds(2), result));
    return result;
  }

  @Override
  public void close() {}

  @Override
  public dev.jbuild.engine.DockerfileInput read(BuildRequest request) {
    throw new IllegalStateException("the server does not read Dockerfiles");
  }
}
