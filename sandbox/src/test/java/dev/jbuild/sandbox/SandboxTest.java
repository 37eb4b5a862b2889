package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
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
}
