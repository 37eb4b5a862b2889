package dev.jbuild.engine.export;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.image.RegistryAccess;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.ImageName;
import dev.jbuild.registry.RepositoryName;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks every repository that a build will push to whether it may, before the build has worked for
 * an hour in vain. The registries are asked while base images are resolved, so a push that is
 * allowed costs next to no time.
 *
 * <p>Only a plain no ends the build: access denied, no such repository, a registry that takes no
 * pushes. One that does not answer now may well do when the image is ready, so that is a warning.
 * Used by one thread.
 */
public final class PushPermission {
  /** How long steps wait for an answer; one that comes later still counts. */
  private static final long PATIENCE_SECONDS = 5;

  private final List<Future<Boolean>> answers;
  private final BuildScope scope;

  private PushPermission(List<Future<Boolean>> answers, BuildScope scope) {
    this.answers = answers;
    this.scope = scope;
  }

  /** Starts to ask; a no ends the build, whenever it comes. */
  public static PushPermission ask(
      RegistryAccess registry, BuildRequest request, BuildScope scope, StepEvents events) {
    Map<RepositoryName, ImageName> destinations = new LinkedHashMap<>();
    if (request.pushCheck()) {
      for (Output output : request.outputs()) {
        if (output instanceof Output.Push push) {
          for (String name : EarlyPush.names(push, request)) {
            ImageName destination = ImageName.parse(name);
            destinations.putIfAbsent(destination.repository(), destination);
          }
        }
      }
    }
    List<Future<Boolean>> answers = new ArrayList<>();
    for (ImageName destination : destinations.values()) {
      answers.add(scope.fork(() -> isAllowed(registry, destination, events)));
    }
    return new PushPermission(answers, scope);
  }

  private static boolean isAllowed(
      RegistryAccess registry, ImageName destination, StepEvents events) {
    try {
      registry.client().pusher().probe(destination);
      return true;
    } catch (BuildFailure failure) {
      return switch (failure.kind()) {
        case UNAVAILABLE, CORRUPT, CONFLICT, INTERNAL -> {
          String message = failure.text() + "; the push will try again when the image is complete";
          events.send(new BuildEvent.Warning(events.now(), message, null));
          yield false;
        }
        case USER, NOT_FOUND, UNAUTHORIZED, UNSUPPORTED, CANCELLED -> throw failure;
      };
    }
  }

  /**
   * Waits for the answers, but not long for a registry that is slow to give one.
   *
   * @throws BuildFailure for the first no, as the registry's own words have it
   */
  public void await() {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    for (Future<Boolean> answer : answers) {
      try {
        answer.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
      } catch (TimeoutException e) {
        return;
      } catch (ExecutionException e) {
        throw scope.cause(BuildScope.asFailure(e.getCause() == null ? e : e.getCause()));
      } catch (InterruptedException e) {
        throw BuildScope.asFailure(e);
      }
    }
  }
}
