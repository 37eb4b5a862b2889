package dev.jbuild.oci;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageConfigTest {
  /** As BuildKit writes it: top level sorted, the rest in order of declaration, Go's escapes. */
  private static final String FULL =
      """
      {"architecture":"amd64","author":"me","config":{"User":"1000","ExposedPorts":{"53/udp":{},\
      "80/tcp":{}},"Env":["PATH=/bin","A=1"],"Entrypoint":["/init"],"Cmd":["a"],"Volumes":{"/v":{}},\
      "WorkingDir":"/w","Labels":{"a":"1","b":"2"},"StopSignal":"SIGTERM","ArgsEscaped":true,\
      "Healthcheck":{"Test":["CMD-SHELL","true"],"Interval":1000000000,"Retries":3},\
      "OnBuild":["RUN x"],"Shell":["/bin/sh","-c"]},"created":"2026-01-02T03:04:05.6Z",\
      "history":[{"created":"2026-01-02T03:04:05Z","created_by":"RUN a \\u0026\\u0026 b \\u003c c",\
      "comment":"buildkit.dockerfile.v0"},{"created_by":"ENV A=1","empty_layer":true}],\
      "moby.buildkit.cache.v0":"e30=","os":"linux","rootfs":{"type":"layers","diff_ids":\
      ["sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]}}\
      """;

  @Test
  void writesWhatItReadsByteForByte() {
    ImageConfig config = ImageConfig.parse(FULL.getBytes(UTF_8));
    assertThat(new String(config.toBytes(), UTF_8)).isEqualTo(FULL);
    assertThat(ImageConfig.parse(config.toBytes())).isEqualTo(config);
  }

  @Test
  void readsEveryField() {
    ImageConfig config = ImageConfig.parse(FULL.getBytes(UTF_8));
    assertThat(config.created()).isEqualTo(Instant.parse("2026-01-02T03:04:05.6Z"));
    assertThat(config.platform()).isEqualTo(Platform.parse("linux/amd64"));
    assertThat(config.config().exposedPorts()).containsExactly("53/udp", "80/tcp");
    assertThat(config.config().healthcheck())
        .isEqualTo(
            new Healthcheck(
                List.of("CMD-SHELL", "true"),
                Duration.ofSeconds(1),
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                3));
    assertThat(config.history().getFirst().createdBy()).isEqualTo("RUN a && b < c");
    assertThat(config.history().getLast().emptyLayer()).isTrue();
    assertThat(config.extra()).containsExactly(Map.entry("moby.buildkit.cache.v0", "\"e30=\""));
  }

  @Test
  void anEmptyConfigNamesItsPlatformAndNoLayers() {
    assertThat(new String(ImageConfig.empty(Platform.parse("linux/arm/v7")).toBytes(), UTF_8))
        .isEqualTo(
            "{\"architecture\":\"arm\",\"config\":{},\"history\":[],\"os\":\"linux\","
                + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]},\"variant\":\"v7\"}");
  }

  @Test
  void nullsAndOldStringsAreReadAsDockerReadsThem() {
    ImageConfig config =
        ImageConfig.parse(
            """
            {"os":"linux","architecture":"amd64","created":null,
             "config":{"Env":null,"Cmd":"sh","Volumes":null,"Healthcheck":null},
             "rootfs":{"type":"layers","diff_ids":null},"history":null}\
            """
                .getBytes(UTF_8));
    assertThat(config.config().cmd()).containsExactly("sh");
    assertThat(config.diffIds()).isEmpty();
    assertThat(config.createdAt()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{",
        "{} {}",
        "{\"config\":{\"Env\":\"A=1\"}}",
        "{\"config\":{\"Labels\":{\"a\":1}}}",
        "{\"created\":\"yesterday\"}",
        "{\"history\":[1]}",
        "{\"rootfs\":{\"diff_ids\":[\"x\"]}}",
      })
  void refusesWhatIsNoConfig(String text) {
    assertThatThrownBy(() -> ImageConfig.parse(text.getBytes(UTF_8)))
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.CORRUPT));
  }

  @ParameterizedTest
  @CsvSource({
    "2026-01-01T00:00:00Z, 2026-01-01T00:00:00Z",
    "2026-01-01T02:00:00+02:00, 2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00.120Z, 2026-01-01T00:00:00.12Z",
    "2026-01-01T00:00:00.000000001Z, 2026-01-01T00:00:00.000000001Z",
    "0001-01-01T00:00:00Z, 0001-01-01T00:00:00Z",
  })
  void printsTimesAsGoDoes(String given, String printed) {
    byte[] bytes = ("{\"created\":\"" + given + "\"}").getBytes(UTF_8);
    assertThat(new String(ImageConfig.parse(bytes).toBytes(), UTF_8))
        .contains("\"created\":\"" + printed + "\"");
  }

  @Test
  void escapesWhatGoEscapes() {
    RuntimeConfig config = RuntimeConfig.EMPTY.withEnv("A", "<>&\u2028\u0001\u007f\"\\/\n\té😀");
    String json =
        new String(
            ImageConfig.empty(Platform.parse("linux/amd64")).withConfig(config).toBytes(), UTF_8);
    assertThat(json).contains("\"A=\\u003c\\u003e\\u0026\\u2028\\u0001\u007f\\\"\\\\/\\n\\té😀\"");
  }

  @Test
  void aVariableKeepsItsPlaceWhenItChanges() {
    RuntimeConfig config =
        RuntimeConfig.EMPTY.withEnv("A", "1").withEnv("B", "2").withEnv("A", "3");
    assertThat(config.env()).containsExactly("A=3", "B=2");
    assertThat(config.env("A")).contains("3");
    assertThat(config.env("C")).isEmpty();
  }

  @Test
  void eachWithChangesItsOwnFieldOnly() {
    RuntimeConfig base =
        RuntimeConfig.EMPTY
            .withUser("u")
            .withExposedPorts(Set.of("1/tcp"))
            .withEnv(List.of("A=1"))
            .withEntrypoint(List.of("e"))
            .withCmd(List.of("c"))
            .withVolumes(Set.of("/v"))
            .withWorkingDir("/w")
            .withLabels(Map.of("l", "1"))
            .withStopSignal("9")
            .withArgsEscaped(true)
            .withHealthcheck(Healthcheck.of(List.of("NONE")))
            .withOnBuild(List.of("RUN a"))
            .withShell(List.of("sh"));
    assertThat(base.toString())
        .isEqualTo(
            "RuntimeConfig[user=u, exposedPorts=[1/tcp], env=[A=1], entrypoint=[e], cmd=[c],"
                + " volumes=[/v], workingDir=/w, labels={l=1}, stopSignal=9, argsEscaped=true,"
                + " healthcheck=Healthcheck[test=[NONE], interval=PT0S, timeout=PT0S,"
                + " startPeriod=PT0S, startInterval=PT0S, retries=0], onBuild=[RUN a], shell=[sh]]");
  }
}
