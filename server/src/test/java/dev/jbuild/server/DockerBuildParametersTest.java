package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.CacheSource;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.engine.Output;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Platform;
import dev.jbuild.sandbox.ExtraHost;
import dev.jbuild.sandbox.Limits;
import dev.jbuild.sandbox.NetworkMode;
import io.vertx.core.MultiMap;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DockerBuildParametersTest {
  private static final Path BODY = Path.of("context.tar");

  private static DockerBuildParameters parameters(StepBounds bounds, String... pairs) {
    MultiMap query = MultiMap.caseInsensitiveMultiMap();
    for (String pair : pairs) {
      query.add(pair.substring(0, pair.indexOf('=')), pair.substring(pair.indexOf('=') + 1));
    }
    return new DockerBuildParameters(query, bounds);
  }

  private static BuildRequest request(String... pairs) {
    return parameters(StepBounds.NONE, pairs).request(BODY, null);
  }

  @Test
  void whatTheCommandSendsWithoutFlagsAsksForNothing() {
    BuildRequest request =
        request(
            "buildargs={}",
            "cachefrom=[]",
            "cgroupparent=",
            "cpuperiod=0",
            "cpuquota=0",
            "cpusetcpus=",
            "cpusetmems=",
            "cpushares=0",
            "dockerfile=Dockerfile",
            "labels={}",
            "memory=0",
            "memswap=0",
            "networkmode=default",
            "rm=1",
            "shmsize=0",
            "t=x",
            "target=",
            "ulimits=null",
            "version=1");
    assertThat(request.context()).isEqualTo(new ContextSource.Archive(BODY));
    assertThat(request.tags()).containsExactly("x:latest");
    assertThat(request.target()).isEmpty();
    assertThat(request.buildArgs()).isEmpty();
    assertThat(request.outputs()).singleElement().isInstanceOf(Output.StoreImage.class);
    assertThat(request.execution().limits()).isEqualTo(Limits.NONE);
    assertThat(request.execution().network()).isEqualTo(NetworkMode.HOST);
    assertThat(request.noCache() || request.pull()).isFalse();
  }

  @Test
  void everythingHasItsPlace() {
    BuildRequest request =
        request(
            "t=docker.io/library/a:1",
            "t=h:5000/b",
            "dockerfile=docker/Dockerfile",
            "target=build",
            "buildargs={\"A\":\"1=2\",\"B\":null}",
            "labels={\"l\":\"v\"}",
            "cachefrom=[\"host/app:cache\"]",
            "platform=linux/arm64",
            "nocache=True",
            "pull=1",
            "networkmode=none",
            "extrahosts=a:1.2.3.4",
            "extrahosts=b:::1",
            "memory=67108864",
            "memswap=-1",
            "cpuquota=50000",
            "cpuperiod=200000",
            "shmsize=1048576",
            "ulimits=[{\"Name\":\"nofile\",\"Soft\":10,\"Hard\":20}]");
    assertThat(request.tags()).containsExactly("a:1", "h:5000/b:latest");
    assertThat(request.dockerfile()).isEqualTo(new DockerfileSource.InContext("docker/Dockerfile"));
    assertThat(request.target()).contains("build");
    assertThat(request.buildArgs()).isEqualTo(Map.of("A", "1=2"));
    assertThat(request.labels()).isEqualTo(Map.of("l", "v"));
    assertThat(request.cacheFrom()).containsExactly(new CacheSource.Registry("host/app:cache"));
    assertThat(request.platforms()).containsExactly(Platform.parse("linux/arm64"));
    assertThat(request.noCache() && request.pull()).isTrue();
    assertThat(request.execution().network()).isEqualTo(NetworkMode.NONE);
    assertThat(request.execution().extraHosts())
        .containsExactly(new ExtraHost("a", "1.2.3.4"), new ExtraHost("b", "::1"));
    Limits limits = request.execution().limits();
    assertThat(limits.memoryBytes()).hasValue(64 << 20);
    assertThat(limits.memorySwapBytes()).hasValue(-1);
    assertThat(limits.cpus()).hasValue(0.25);
    assertThat(limits.shmBytes()).hasValue(1 << 20);
    assertThat(limits.ulimits()).isEqualTo(Map.of("nofile", new Limits.Ulimit(10, 20)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "frobnicate=1|unknown parameter \"frobnicate\"",
        "version=2|DOCKER_BUILDKIT=0",
        "session=abc|DOCKER_BUILDKIT=0",
        "remote=client-session|DOCKER_BUILDKIT=0",
        "outputs=[{\"Type\":\"local\"}]|outputs is BuildKit's",
        "squash=1|squash is not supported",
        "cpushares=5|cpushares is not supported",
        "cpusetcpus=0-1|cpusetcpus is not supported",
        "cgroupparent=/x|cgroupparent is not supported",
        "securityopt=[\"seccomp=unconfined\"]|securityopt is not supported",
        "isolation=hyperv|\"hyperv\" is for Windows",
        "networkmode=bridge|\"bridge\" is not default, host, none or private",
        "cpuperiod=1000|limits nothing without cpuquota",
        "memory=big|memory \"big\" is not a whole number",
        "memory=100|below the least",
        "memswap=90000000|needs one on memory",
        "shmsize=-5|is not a number of bytes",
        "buildargs=[1]|buildargs is not a JSON object",
        "buildargs={\"A\":1}|buildargs holds something else than texts",
        "buildargs={|buildargs is not JSON",
        "cachefrom={}|cachefrom is not a JSON array",
        "ulimits=[{\"Name\":\"nofile\"}]|ulimits is not a list",
        "ulimits=[{\"Name\":\"x\",\"Soft\":1,\"Hard\":1}]|unknown ulimit \"x\"",
        "extrahosts=a:b|\"b\" is not an IP address",
        "platform=a/b/c/d|platform",
        "t=Not:A:Name|Not:A:Name",
        "remote=/etc|remote is neither",
        "remote=file:///srv/x.git|own disk"
      })
  void whatCannotBeDoneIsRefused(String pair, String message) {
    assertThatThrownBy(() -> request(pair))
        .isInstanceOf(BuildFailure.class)
        .hasMessageContaining(message);
  }

  @Test
  void aContextMayBeElsewhere() {
    assertThat(request("remote=https://h.example/x.git#main:sub").context())
        .isEqualTo(new ContextSource.Git("https://h.example/x.git#main:sub"));
    assertThat(request("remote=https://h.example/x.tgz").context())
        .isEqualTo(new ContextSource.Http("https://h.example/x.tgz"));
    assertThat(parameters(StepBounds.NONE, "remote=http://h/x").isRemote()).isTrue();
    assertThat(parameters(StepBounds.NONE, "remote=").isRemote()).isFalse();
  }

  @Test
  void boundsHoldHereToo() {
    StepBounds bounds =
        new StepBounds(Limits.NONE.withMemory(64 << 20), Optional.of(Duration.ofMinutes(1)));
    BuildRequest silent = parameters(bounds).request(BODY, null);
    assertThat(silent.execution().limits().memoryBytes()).hasValue(64 << 20);
    assertThat(silent.execution().timeout()).contains(Duration.ofMinutes(1));
    assertThatThrownBy(() -> parameters(bounds, "memory=134217728").request(BODY, null))
        .hasMessageContaining("more than this server allows");
  }
}
