package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrivilegesTest {

  private static final String STATUS =
      """
      Name:\tjava
      Uid:\t0\t0\t0\t0
      CapEff:\t00000000a80425fb
      NoNewPrivs:\t1
      Seccomp:\t2
      """;

  @Test
  void plainContainerIsRootWithoutSysAdmin() {
    Privileges own = Privileges.parse(STATUS, "         0          0 4294967295\n");
    assertThat(own).isEqualTo(new Privileges(0, 0xa80425fbL, false, 4294967295L, true, 2));
    assertThat(own.has("CAP_CHOWN")).isTrue();
    assertThat(own.has("CAP_SYS_ADMIN")).isFalse();
  }

  @Test
  void mapOfIdsTellsAUserNamespace() {
    Privileges own = Privileges.parse(STATUS, "0 1000 1\n1 100000 65536\n");
    assertThat(own.userNamespace()).isTrue();
    assertThat(own.ids()).isEqualTo(65537);
  }
}
