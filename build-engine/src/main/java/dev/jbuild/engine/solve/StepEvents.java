package dev.jbuild.engine.solve;

import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.BuildListener;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.event.StepNumbers;
import dev.jbuild.failure.BuildFailure;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Tells one build's listener what happens to its steps; one event at a time. Each step is reported
 * as cached or started at most once. Safe for use by many threads.
 */
public final class StepEvents {
  private final BuildListener listener;
  private final Clock clock;
  private final StepNumbers numbers;
  private final ReentrantLock one = new ReentrantLock();
  private final Map<String, Instant> begun = new ConcurrentHashMap<>();
  private final Map<String, BuildEvent.Usage> usage = new ConcurrentHashMap<>();

  public StepEvents(BuildListener listener, Clock clock) {
    this(listener, clock, new StepNumbers());
  }

  private StepEvents(BuildListener listener, Clock clock, StepNumbers numbers) {
    this.listener = listener;
    this.clock = clock;
    this.numbers = numbers;
  }

  /** For a second attempt at the build, once the first has ended: no step is reported yet. */
  public StepEvents again() {
    return new StepEvents(listener, clock, numbers);
  }

  public Instant now() {
    return clock.instant();
  }

  public void send(BuildEvent event) {
    one.lock();
    try {
      numbers.on(event);
      listener.on(event);
    } finally {
      one.unlock();
    }
  }

  /** The number that the step has for who hears the events. */
  public int number(Step step) {
    one.lock();
    try {
      return numbers.of(step);
    } finally {
      one.unlock();
    }
  }

  public void started(Step step, @Nullable String reason) {
    Instant now = now();
    if (begun.putIfAbsent(step.id(), now) == null) {
      send(new BuildEvent.StepStarted(now, step, reason));
    }
  }

  public void cached(Step step, String from) {
    Instant now = now();
    if (begun.putIfAbsent(step.id(), now) == null) {
      send(new BuildEvent.StepCached(now, step, from));
    }
  }

  public void output(Step step, boolean stderr, byte[] bytes) {
    send(new BuildEvent.StepOutput(now(), step, stderr, bytes));
  }

  public void progress(Step step, String what, long current, long total) {
    send(new BuildEvent.StepProgress(now(), step, what, current, total));
  }

  /** Keeps what a step used, to be told when it finishes. */
  public void used(Step step, BuildEvent.Usage resources) {
    usage.put(step.id(), resources);
  }

  public void finished(Step step) {
    send(new BuildEvent.StepFinished(now(), step, since(step), usage.get(step.id())));
  }

  public void failed(Step step, BuildFailure failure) {
    send(new BuildEvent.StepFailed(now(), step, since(step), failure));
  }

  private Duration since(Step step) {
    Instant now = now();
    return Duration.between(begun.getOrDefault(step.id(), now), now);
  }
}
