package dev.jbuild.engine.shell;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.oci.Json;
import dev.jbuild.sandbox.ExtraHost;
import dev.jbuild.sandbox.Limits;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** {@link KeptExecution} as JSON. */
final class ExecutionJson {
  private ExecutionJson() {}

  static ObjectNode write(KeptExecution execution) {
    ObjectNode root = Json.object();
    root.put("isolation", execution.isolation());
    root.put("ociRuntime", execution.ociRuntime());
    root.put("hostname", execution.hostname());
    ArrayNode hosts = root.putArray("extraHosts");
    execution.extraHosts().forEach(host -> hosts.addArray().add(host.name()).add(host.address()));
    execution.seccomp().ifPresent(text -> root.put("seccomp", text));
    root.put("noNewPrivileges", execution.noNewPrivileges());
    ObjectNode limits = root.putObject("limits");
    Limits its = execution.limits();
    its.memoryBytes().ifPresent(value -> limits.put("memory", value));
    its.memorySwapBytes().ifPresent(value -> limits.put("memorySwap", value));
    its.cpus().ifPresent(value -> limits.put("cpus", value));
    its.pids().ifPresent(value -> limits.put("pids", value));
    its.ioWeight().ifPresent(value -> limits.put("ioWeight", value));
    its.shmBytes().ifPresent(value -> limits.put("shm", value));
    its.cgroupParent().ifPresent(value -> limits.put("cgroupParent", value));
    ObjectNode bandwidth = limits.putObject("ioBandwidth");
    its.ioBandwidth()
        .forEach((device, each) ->
            bandwidth
                .putArray(device)
                .add(each.readBytesPerSecond())
                .add(each.writeBytesPerSecond()));
    ObjectNode ulimits = limits.putObject("ulimits");
    its.ulimits().forEach((name, each) -> ulimits.putArray(name).add(each.soft()).add(each.hard()));
    return root;
  }

  static KeptExecution read(JsonNode root) {
    List<ExtraHost> hosts = new ArrayList<>();
    root.path("extraHosts")
        .forEach(e -> hosts.add(new ExtraHost(e.path(0).asText(), e.path(1).asText())));
    JsonNode limits = root.path("limits");
    Map<String, Limits.IoBandwidth> bandwidth = new LinkedHashMap<>();
    limits
        .path("ioBandwidth")
        .properties()
        .forEach(e ->
            bandwidth.put(
                e.getKey(),
                new Limits.IoBandwidth(
                    e.getValue().path(0).asLong(), e.getValue().path(1).asLong())));
    Map<String, Limits.Ulimit> ulimits = new LinkedHashMap<>();
    limits
        .path("ulimits")
        .properties()
        .forEach(e ->
            ulimits.put(
                e.getKey(),
                new Limits.Ulimit(e.getValue().path(0).asLong(), e.getValue().path(1).asLong())));
    return new KeptExecution(
        root.path("isolation").asText(),
        root.path("ociRuntime").asText(),
        root.path("hostname").asText(),
        hosts,
        new Limits(
            number(limits, "memory"),
            number(limits, "memorySwap"),
            limits.has("cpus")
                ? OptionalDouble.of(limits.path("cpus").asDouble())
                : OptionalDouble.empty(),
            number(limits, "pids"),
            limits.has("ioWeight")
                ? OptionalInt.of(limits.path("ioWeight").asInt())
                : OptionalInt.empty(),
            bandwidth,
            ulimits,
            number(limits, "shm"),
            limits.has("cgroupParent")
                ? Optional.of(limits.path("cgroupParent").asText())
                : Optional.empty()),
        root.has("seccomp") ? Optional.of(root.path("seccomp").asText()) : Optional.empty(),
        root.path("noNewPrivileges").asBoolean());
  }

  private static OptionalLong number(JsonNode limits, String name) {
    return limits.has(name) ? OptionalLong.of(limits.path(name).asLong()) : OptionalLong.empty();
  }
}
