package dev.jbuild.engine.shell;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Surroundings;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import dev.jbuild.sandbox.NetworkMode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** {@link KeptBuild} as JSON. */
final class KeptBuildJson {
  private KeptBuildJson() {}

  static byte[] write(KeptBuild build) {
    ObjectNode root = Json.object();
    root.put("buildId", build.buildId());
    root.set("execution", ExecutionJson.write(build.execution()));
    ArrayNode nodes = root.putArray("nodes");
    for (KeptNode node : build.nodes()) {
      ObjectNode entry = nodes.addObject();
      switch (node) {
        case KeptNode.Layers(List<DiffId> layers) ->
            entry.set("layers", Json.array(layers.stream().map(DiffId::toString).toList()));
        case KeptNode.Key(Digest key) -> entry.put("key", key.toString());
        case KeptNode.Stack(List<Integer> parts) -> parts.forEach(entry.putArray("stack")::add);
        case KeptNode.Unknown _ -> {}
      }
    }
    ArrayNode steps = root.putArray("steps");
    build.steps().forEach(step -> steps.add(step(step)));
    return Json.compact(root);
  }

  private static ObjectNode step(KeptStep step) {
    ObjectNode entry = Json.object();
    entry.put("id", step.id()).put("name", step.name()).put("number", step.number());
    step.inputs().forEach(entry.putArray("inputs")::add);
    entry.put("result", step.result());
    Surroundings seen = step.surroundings();
    entry.set("env", Json.array(seen.env()));
    entry.put("cwd", seen.cwd()).put("user", seen.user());
    entry.set("shell", Json.array(seen.shell()));
    step.asRun()
        .ifPresent(run -> {
          ObjectNode its = entry.putObject("run");
          its.put("network", run.network().name()).put("insecure", run.insecure());
          ArrayNode mounts = its.putArray("mounts");
          run.mounts().forEach(mount -> mounts.add(MountJson.write(mount)));
          Op.Script script = run.script();
          if (script != null) {
            its.putObject("script").put("name", script.name()).put("content", script.content());
          }
        });
    step.failed()
        .ifPresent(failure -> {
          ObjectNode its = entry.putObject("failure").put("why", failure.why());
          DiffId layer = failure.layer();
          if (layer != null) {
            its.put("layer", layer.toString());
          }
        });
    return entry;
  }

  static KeptBuild read(byte[] bytes) {
    ObjectNode root = Json.parseObject(bytes, "what the last build left");
    return new KeptBuild(
        root.path("buildId").asText(),
        ExecutionJson.read(root.path("execution")),
        list(root.path("nodes"), KeptBuildJson::node),
        list(root.path("steps"), KeptBuildJson::step));
  }

  private static KeptNode node(JsonNode entry) {
    if (entry.has("layers")) {
      return new KeptNode.Layers(list(entry.path("layers"), id -> DiffId.parse(id.asText())));
    }
    if (entry.has("key")) {
      return new KeptNode.Key(Digest.parse(entry.path("key").asText()));
    }
    return entry.has("stack")
        ? new KeptNode.Stack(list(entry.path("stack"), JsonNode::asInt))
        : new KeptNode.Unknown();
  }

  private static KeptStep step(JsonNode entry) {
    JsonNode run = entry.path("run");
    JsonNode script = run.path("script");
    JsonNode failure = entry.path("failure");
    return new KeptStep(
        entry.path("id").asText(),
        entry.path("name").asText(),
        entry.path("number").asInt(),
        list(entry.path("inputs"), JsonNode::asInt),
        entry.path("result").asInt(),
        new Surroundings(
            list(entry.path("env"), JsonNode::asText),
            entry.path("cwd").asText(),
            entry.path("user").asText(),
            list(entry.path("shell"), JsonNode::asText)),
        run.isMissingNode()
            ? null
            : new KeptStep.Run(
                NetworkMode.valueOf(run.path("network").asText()),
                run.path("insecure").asBoolean(),
                list(run.path("mounts"), MountJson::read),
                script.isMissingNode()
                    ? null
                    : new Op.Script(script.path("name").asText(), script.path("content").asText())),
        failure.isMissingNode()
            ? null
            : new KeptStep.Failure(
                failure.has("layer") ? DiffId.parse(failure.path("layer").asText()) : null,
                failure.path("why").asText()));
  }

  static <T> List<T> list(JsonNode array, Function<JsonNode, T> read) {
    List<T> all = new ArrayList<>();
    array.forEach(entry -> all.add(read.apply(entry)));
    return all;
  }
}
