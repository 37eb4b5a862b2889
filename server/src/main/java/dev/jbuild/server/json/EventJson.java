package dev.jbuild.server.json;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Json;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;

/**
 * A build event as one JSON object on one line. {@code type} names the event; {@code time} is ISO
 * 8601 in UTC; durations are seconds; steps after {@code planned} are named by their id. What a RUN
 * wrote is {@code text} where it is UTF-8 and {@code base64} where it is not.
 */
public final class EventJson {
  private EventJson() {}

  public static byte[] of(BuildEvent event) {
    return Json.compact(node(event));
  }

  /** The value of {@code type}: a word, or two with a hyphen. */
  public static String type(BuildEvent event) {
    return switch (event) {
      case BuildEvent.Planned _ -> "planned";
      case BuildEvent.SandboxChosen _ -> "sandbox";
      case BuildEvent.StepStarted _ -> "step-started";
      case BuildEvent.StepCached _ -> "step-cached";
      case BuildEvent.StepOutput _ -> "step-output";
      case BuildEvent.StepProgress _ -> "step-progress";
      case BuildEvent.StepFinished _ -> "step-finished";
      case BuildEvent.StepFailed _ -> "step-failed";
      case BuildEvent.Warning _ -> "warning";
      case BuildEvent.Finished _ -> "finished";
      case BuildEvent.Failed _ -> "failed";
    };
  }

  public static ObjectNode node(BuildEvent event) {
    ObjectNode node = Json.object();
    node.put("type", type(event));
    node.put("time", event.time().toString());
    switch (event) {
      case BuildEvent.Planned planned -> {
        node.put("buildId", planned.buildId());
        ArrayNode steps = Json.array();
        planned.steps().forEach(step -> steps.add(step(step)));
        node.set("steps", steps);
      }
      case BuildEvent.SandboxChosen chosen -> {
        node.put("tier", chosen.tier());
        node.put("isolation", chosen.isolation());
        node.put("reason", chosen.reason());
      }
      case BuildEvent.StepStarted started -> {
        node.set("step", step(started.step()));
        started.missReason().ifPresent(reason -> node.put("reason", reason));
      }
      case BuildEvent.StepCached cached -> {
        node.set("step", step(cached.step()));
        node.put("from", cached.from());
      }
      case BuildEvent.StepOutput output -> {
        node.put("step", output.step().id());
        node.put("stream", output.stderr() ? "stderr" : "stdout");
        text(node, output.bytes());
      }
      case BuildEvent.StepProgress progress -> {
        node.set("step", step(progress.step()));
        node.put("what", progress.what());
        node.put("current", progress.current());
        if (progress.total() >= 0) {
          node.put("total", progress.total());
        }
      }
      case BuildEvent.StepFinished finished -> {
        node.put("step", finished.step().id());
        node.put("seconds", seconds(finished.took()));
        finished.resources().ifPresent(usage -> node.set("usage", usage(usage)));
      }
      case BuildEvent.StepFailed failed -> {
        node.put("step", failed.step().id());
        node.put("seconds", seconds(failed.took()));
        node.set("failure", FailureJson.of(failed.failure()));
      }
      case BuildEvent.Warning warning -> {
        node.put("message", warning.message());
        warning.source().ifPresent(span -> node.set("span", FailureJson.span(span)));
      }
      case BuildEvent.Finished finished -> {
        node.put("seconds", seconds(finished.took()));
        node.set("result", result(finished.result()));
      }
      case BuildEvent.Failed failed -> {
        node.put("seconds", seconds(failed.took()));
        node.set("failure", FailureJson.of(failed.failure()));
      }
    }
    return node;
  }

  /** What a build made. */
  public static ObjectNode result(BuildResult result) {
    ObjectNode node = Json.object();
    node.put("buildId", result.buildId());
    result
        .imageDescriptor()
        .ifPresent(image -> {
          node.put("digest", image.digest().toString());
          node.set("image", descriptor(image));
        });
    result.config().ifPresent(config -> node.put("config", config.toString()));
    node.set("names", Json.array(result.names()));
    return node;
  }

  private static ObjectNode descriptor(Descriptor image) {
    return Descriptor.of(image.mediaType(), image.digest(), image.size()).toJson();
  }

  private static ObjectNode step(Step step) {
    ObjectNode node = Json.object();
    node.put("id", step.id());
    node.put("name", step.name());
    step.source().ifPresent(span -> node.set("span", FailureJson.span(span)));
    return node;
  }

  private static ObjectNode usage(BuildEvent.Usage usage) {
    ObjectNode node = Json.object();
    node.put("cpuSeconds", seconds(usage.cpu()));
    known(node, "memoryPeak", usage.memoryPeak());
    known(node, "readBytes", usage.readBytes());
    known(node, "writtenBytes", usage.writtenBytes());
    known(node, "pidsPeak", usage.pidsPeak());
    return node;
  }

  private static void known(ObjectNode node, String name, long value) {
    if (value >= 0) {
      node.put(name, value);
    }
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }

  private static void text(ObjectNode node, byte[] bytes) {
    try {
      node.put(
          "text", StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString());
    } catch (CharacterCodingException e) {
      node.put("base64", Base64.getEncoder().encodeToString(bytes));
    }
  }
}
