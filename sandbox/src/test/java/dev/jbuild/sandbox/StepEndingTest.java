package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class StepEndingTest {

  private static final int ENODEV = 19;
  private static final int EPERM = 1;
  private static final int EISDIR = 21;

  private static BuildFailure failure(int op, int errno, String path) {
    StepRequest request =
        StepRequest.builder(new Rootfs.Directory(Path.of("/none")), List.of("true")).build();
    ResourceUsage usage =
        new ResourceUsage(
            Duration.ZERO,
            Duration.ZERO,
            Duration.ZERO,
            0,
            false,
            OptionalLong.empty(),
            OptionalLong.empty(),
            OptionalLong.empty());
    StepEnding ending =
        new StepEnding(
            request,
            new LauncherFrame.Ended(125 << 8, false, false, 0, 0, 0),
            new LauncherFrame.Failed(op, errno, 125, path),
            usage,
            null);
    return catchThrowableOfType(BuildFailure.class, ending::result);
  }

  @Test
  void aKernelWithoutOverlayIsToldHowToGetIt() {
    BuildFailure failure = failure(Op.LAYERS, ENODEV, "/store/snapshots/1");
    assertThat(failure)
        .hasMessage("cannot mount the layers: \"/store/snapshots/1\": no such device");
    assertThat(failure.hint()).contains("modprobe overlay, as root of the machine");
  }

  @Test
  void whatTheMachineDeniesIsForDoctorButALimit() {
    int namespaces = 1;
    BuildFailure failure = failure(namespaces, EPERM, "");
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNSUPPORTED);
    assertThat(failure.hint()).hasValueSatisfying(hint -> assertThat(hint).contains("doctor"));
    assertThat(failure(Op.LIMIT, EPERM, "resource 7").hint()).isEmpty();
  }

  @Test
  void aMistakeInTheDockerfileIsNot() {
    assertThat(failure(6, EISDIR, "/etc").hint()).isEmpty();
  }
}
