package dev.jbuild.engine.event;

import java.util.HashMap;
import java.util.Map;

/**
 * Numbers the steps of one build from 1, in the order in which its events first name them: {@code
 * #7} of the plain progress. All who hear every event of a build give a step the same number. For
 * one thread at a time, as a {@link BuildListener} is called.
 */
public final class StepNumbers {
  private final Map<String, Integer> numbers = new HashMap<>();

  /** Takes note of an event. */
  public void on(BuildEvent event) {
    switch (event) {
      case BuildEvent.Planned planned -> planned.steps().forEach(this::of);
      case BuildEvent.StepStarted started -> of(started.step());
      case BuildEvent.StepCached cached -> of(cached.step());
      case BuildEvent.StepOutput output -> of(output.step());
      case BuildEvent.StepProgress progress -> of(progress.step());
      case BuildEvent.StepFinished finished -> of(finished.step());
      case BuildEvent.StepFailed failed -> of(failed.step());
      case BuildEvent.SandboxChosen _,
          BuildEvent.Warning _,
          BuildEvent.Finished _,
          BuildEvent.Failed _ -> {}
    }
  }

  /** The step's number; the next one if it had none. */
  public int of(Step step) {
    return numbers.computeIfAbsent(step.id(), _ -> numbers.size() + 1);
  }
}
