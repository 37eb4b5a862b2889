package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What a user without subordinate ids is told. */
class PrivilegeProbesTest {

  private static String fix(String ranges, boolean files, boolean helpers) {
    SubordinateIds ids =
        new SubordinateIds(SubordinateIds.parse(ranges), SubordinateIds.parse(ranges));
    return PrivilegeProbes.rangesFix("u", ids, files, helpers);
  }

  @Test
  void rangeIsOneThatNobodyHas() {
    assertThat(fix("", true, true))
        .isEqualTo("as root: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 u");
    assertThat(fix("a:100000:65536\nb:165536:65536\njbuild:1879048192:65536\n", true, true))
        .isEqualTo("as root: usermod --add-subuids 231072-296607 --add-subgids 231072-296607 u");
  }

  @Test
  void filesAndProgramsThatAreNotThereComeFirst() {
    assertThat(fix("", false, false))
        .startsWith("as root: apt install uidmap && touch /etc/subuid /etc/subgid && usermod ");
    assertThat(fix("u:100000:65536\n", true, false)).isEqualTo("as root: apt install uidmap");
  }

  @Test
  void aUserWhoHasAllNeedsProgramsThatWork() {
    assertThat(fix("u:100000:65536\n", true, true)).contains("setuid");
  }
}
