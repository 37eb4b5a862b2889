package dev.jbuild.engine.shell;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.dockerfile.expand.RunMount;
import dev.jbuild.engine.graph.Mount;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;

/** What a RUN has mounted, as JSON; never what is in it. */
final class MountJson {
  private MountJson() {}

  static ObjectNode write(Mount mount) {
    ObjectNode entry = Json.object().put("target", mount.target());
    return switch (mount) {
      case Mount.Bind m ->
          entry
              .put("type", "bind")
              .put("index", m.index())
              .put("source", m.source())
              .put("readOnly", m.readOnly());
      case Mount.Cache m ->
          entry
              .put("type", "cache")
              .put("id", m.id())
              .put("sharing", m.sharing().name())
              .put("index", m.index())
              .put("source", m.source())
              .put("readOnly", m.readOnly())
              .put("mode", m.mode())
              .put("uid", m.uid())
              .put("gid", m.gid());
      case Mount.Tmpfs m -> entry.put("type", "tmpfs").put("size", m.size());
      case Mount.Secret m -> {
        entry
            .put("type", "secret")
            .put("id", m.id())
            .put("required", m.required())
            .put("mode", m.mode())
            .put("uid", m.uid())
            .put("gid", m.gid());
        yield m.env() == null ? entry : entry.put("env", m.env());
      }
      case Mount.Ssh m ->
          entry
              .put("type", "ssh")
              .put("id", m.id())
              .put("required", m.required())
              .put("mode", m.mode())
              .put("uid", m.uid())
              .put("gid", m.gid());
    };
  }

  static Mount read(JsonNode m) {
    String target = m.path("target").asText();
    String id = m.path("id").asText();
    int mode = m.path("mode").asInt();
    String type = m.path("type").asText();
    return switch (type) {
      case "bind" ->
          new Mount.Bind(
              m.path("index").asInt(),
              m.path("source").asText(),
              target,
              m.path("readOnly").asBoolean());
      case "cache" ->
          new Mount.Cache(
              id,
              target,
              RunMount.Sharing.valueOf(m.path("sharing").asText()),
              m.path("index").asInt(),
              m.path("source").asText(),
              m.path("readOnly").asBoolean(),
              mode,
              m.path("uid").asLong(),
              m.path("gid").asLong());
      case "tmpfs" -> new Mount.Tmpfs(target, m.path("size").asLong());
      case "secret" ->
          new Mount.Secret(
              id,
              target,
              m.has("env") ? m.path("env").asText() : null,
              m.path("required").asBoolean(),
              mode,
              m.path("uid").asInt(),
              m.path("gid").asInt());
      case "ssh" ->
          new Mount.Ssh(
              id,
              target,
              m.path("required").asBoolean(),
              mode,
              m.path("uid").asInt(),
              m.path("gid").asInt());
      default ->
          throw new BuildFailure(
              BuildFailure.Kind.CORRUPT, "what the last build left has a mount of type " + type);
    };
  }
}
