package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RuntimeSpecTest {

  private static RuntimeSpec spec(Limits limits) {
    return StepRequest.builder(new Rootfs.Directory(Path.of("/r")), List.of("/bin/true"))
        .limits(limits)
        .user(new ResolvedUser(1000, 50, List.of(44), "/home/u"))
        .network(NetworkMode.NONE)
        .build()
        .spec();
  }

  @Test
  void jsonHasTheNamesOfTheSpecification() throws Exception {
    JsonNode json =
        JsonMapper.builder()
            .build()
            .readTree(spec(Limits.NONE.withMemory(16 << 20).withCpus(1.5)).toJson());
    assertThat(json.at("/ociVersion").asText()).isEqualTo("1.0.2");
    assertThat(json.at("/process/user/uid").asInt()).isEqualTo(1000);
    assertThat(json.at("/process/user/additionalGids").toString()).isEqualTo("[50,44]");
    assertThat(json.at("/process/terminal").asBoolean(true)).isFalse();
    assertThat(json.at("/process/capabilities/bounding/0").asText()).isEqualTo("CAP_CHOWN");
    assertThat(json.at("/process/capabilities").has("ambient")).isFalse();
    assertThat(json.at("/root/path").asText()).isEqualTo("rootfs");
    assertThat(json.at("/linux/namespaces").findValuesAsText("type"))
        .containsExactly("pid", "ipc", "uts", "mount", "cgroup", "network");
    assertThat(json.at("/linux/resources/memory/limit").asLong()).isEqualTo(16 << 20);
    assertThat(json.at("/linux/resources/cpu/quota").asLong()).isEqualTo(150_000);
    assertThat(json.at("/mounts/0/destination").asText()).isEqualTo("/proc");
    assertThat(json.has("annotations")).isFalse();
  }

  /** A runtime may leave the first size to this: crun does. */
  @Test
  void sizeOfATerminalIsSaid() throws Exception {
    RuntimeSpec spec =
        StepRequest.builder(new Rootfs.Directory(Path.of("/")), List.of("sh"))
            .input(new StepInput.Terminal(33, 101))
            .build()
            .spec();
    JsonNode size = JsonMapper.builder().build().readTree(spec.toJson()).at("/process/consoleSize");
    assertThat(size).hasToString("{\"height\":33,\"width\":101}");
  }

  @Test
  void unlimitedIsWrittenUnsigned() {
    String json =
        new String(
            spec(Limits.NONE.withUlimits(Map.of("core", new Limits.Ulimit(-1, -1)))).toJson(),
            StandardCharsets.UTF_8);
    assertThat(json).contains("\"hard\" : 18446744073709551615");
  }

  @Test
  void specSurvivesItsJson() {
    RuntimeSpec spec = spec(Limits.NONE.withPids(5));
    assertThat(RuntimeSpec.fromJson(spec.toJson())).isEqualTo(spec);
  }
}
