package dev.jbuild.engine.plan;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.lint.CheckOptions;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.image.BaseImage;
import dev.jbuild.engine.image.BaseImages;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Platform;
import dev.jbuild.oci.RuntimeConfig;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PlannerTest {
  private static final Platform PLATFORM = Platform.parse("linux/amd64");

  private static Plan plan(Dockerfile tree) {
    return plan(
        tree,
        (name, platform) -> {
          throw new AssertionError(name);
        });
  }

  private static Plan plan(Dockerfile tree, BaseImages images) {
    BuildRequest request = BuildRequest.builder(new ContextSource.Empty()).build();
    try (BuildScope scope = new BuildScope(1)) {
      return new Planner(
              tree,
              request,
              PLATFORM,
              PLATFORM,
              images,
              CheckOptions.DEFAULT,
              scope,
              new StepEvents(event -> {}, Clock.systemUTC()))
          .plan();
    }
  }

  private static Dockerfile lines(String line, int count) {
    String text =
        IntStream.range(0, count)
            .mapToObj(i -> line.replace("#", "" + i))
            .collect(Collectors.joining("\n", "FROM scratch\n", "\n"));
    return DockerfileParser.parse("Dockerfile", text.getBytes(StandardCharsets.UTF_8)).orThrow();
  }

  @ParameterizedTest
  @CsvSource({"'', /", "app, /app", "/app/../lib/, /lib"})
  void shellAfterABaseImageStartsInAnAbsoluteDirectory(String workingDir, String cwd) {
    ImageConfig config =
        ImageConfig.empty(PLATFORM).withConfig(RuntimeConfig.EMPTY.withWorkingDir(workingDir));
    Dockerfile tree =
        DockerfileParser.parse("Dockerfile", "FROM base\n".getBytes(StandardCharsets.UTF_8))
            .orThrow();
    Plan plan =
        plan(
            tree,
            (name, platform) -> new BaseImage(name, Digest.of(new byte[0]), List.of(), config));
    assertThat(plan.rootfs().surroundings().orElseThrow().cwd()).isEqualTo(cwd);
  }

  private static long allocatedBy(Dockerfile tree) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    Plan plan = plan(tree);
    long after = threads.getCurrentThreadAllocatedBytes();
    assertThat(plan.config().platform()).isEqualTo(PLATFORM);
    return after - before;
  }

  /** Eight times the lines take eight times the memory, and a little for the logarithm; not 64. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "ENV a#=b",
        "ARG a#=b",
        "LABEL a#=b",
        "EXPOSE #",
        "VOLUME /v#",
        "ONBUILD ENV a#=b",
        "ENV a#=b\nWORKDIR /w#",
      })
  void whatAPlanAllocatesGrowsWithTheLines(String line) {
    allocatedBy(lines(line, 500));
    long small = allocatedBy(lines(line, 500));
    long large = allocatedBy(lines(line, 4000));
    assertThat((double) large / small).isLessThan(16);
  }
}
