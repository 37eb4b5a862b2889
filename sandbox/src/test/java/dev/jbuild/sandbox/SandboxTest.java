package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SandboxTest {

  private static final Privileges ROOT =
      new Privileges(0, 0x1ff_ffff_ffffL, false, 4_294_967_295L, false, 0);

  @ParameterizedTest
  @EnumSource(names = {"NAMESPACES", "ROOTLESS", "CHROOT"})
  void runtimeWithAnIsolationThatHasNoneIsRefused(Isolation isolation) {
    assertThatThrownBy(() -> Sandbox.select(isolation, Optional.of("runc"), ROOT))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("--oci-runtime is given, and isolation " + isolation.flag() + " uses none");
  }

  @Test
  void runtimeThatIsNotThereIsNamed() {
    assertThatThrownBy(() -> Sandbox.select(Isolation.AUTO, Optional.of("no-such-runtime"), ROOT))
        .isInstanceOf(BuildFailure.class)
        .hasMessageContaining("\"no-such-runtime\" is not on PATH");
  }

  private static Privileges with(int uid, String... capabilities) {
    return new Privileges(
        uid, Capability.mask(List.of(capabilities)), false, 4294967295L, false, 2);
  }

  @Test
  void whatAContainerLacksIsNamed() {
    assertThatThrownBy(() ->
            Sandbox.select(
                Isolation.AUTO,
                Optional.empty(),
                with(0, "CAP_SYS_CHROOT", "CAP_SETUID", "CAP_SETGID")))
        .isInstanceOf(BuildFailure.class)
        .hasMessageEndingWith("and this process lacks CAP_SETPCAP, CAP_KILL");
    assertThatThrownBy(() -> Sandbox.select(Isolation.CHROOT, Optional.empty(), with(1000)))
        .hasMessageEndingWith("and this process is user 1000");
    assertThatThrownBy(() -> Sandbox.select(Isolation.AUTO, Optional.empty(), with(1000)))
        .hasMessage("isolation rootless needs a user namespace, and user 1000 runs jbuild in none");
  }

  @Test
  void storeThatNothingCanBeExecutedInIsAnError() {
    String mounts =
        """
        1 0 0:1 / / ro,relatime - overlay overlay rw
        2 1 0:2 / /s rw,nosuid,nodev,noexec - tmpfs tmpfs rw
        3 2 0:3 / /s/good rw,nosuid - tmpfs tmpfs rw
        """;
    assertThatThrownBy(() -> ExecutableMount.require(Path.of("/s/snapshots/1/fs"), mounts))
        .hasMessage("the store is on /s, which is mounted noexec: no step can be executed there");
    ExecutableMount.require(Path.of("/s/good/1"), mounts);
    ExecutableMount.require(Path.of("/store"), mounts);
  }
}
