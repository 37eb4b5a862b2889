package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The probes on the machine itself, and the private network. */
@Tag("root")
class DoctorIT {

  @TempDir Path dir;

  @Test
  void everyProbeHasAFindingAndTheTierIsNamed() {
    Rig.assumeRoot();
    List<Probe> probes = Doctor.examine(dir.resolve("store"));
    assertThat(probes).extracting(Probe::name).doesNotHaveDuplicates().contains("tier", "cgroups");
    assertThat(probes).allSatisfy(p -> assertThat(p.finding()).isNotBlank().doesNotContain("\n"));
    assertThat(probes.getLast().finding()).startsWith("A (embedded launcher, tier A): root with");
    assertThat(probes)
        .filteredOn(p -> p.name().equals("overlay"))
        .extracting(Probe::verdict)
        .containsExactly(Probe.Verdict.GOOD);
  }

  @Test
  void inspectShowsWhatAStepGets() {
    Rig.assumeRoot();
    for (Launcher launcher : List.of(new EmbeddedLauncher(Tier.A), new ChrootLauncher())) {
      String text = Doctor.inspect(launcher, dir);
      assertThat(text).contains("CapEff:").contains("Seccomp:\t2").contains("== /proc/self/limits");
    }
    assertThat(Doctor.inspect(new EmbeddedLauncher(Tier.A), dir))
        .contains("mnt:[")
        .contains("net:[");
  }

  @Test
  void privateNetworkHasAWayOutButNotToTheLoopbackOfTheExecutor() throws IOException {
    Rig.assumeRoot();
    assumeTrue(PrivateNetwork.program().isPresent(), "no slirp4netns and no pasta");
    Rig rig = new Rig(dir, new EmbeddedLauncher(Tier.A), true, false);
    try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      int port = service.getLocalPort();
      Rig.Run run =
          rig.sh(
              "ip -o link | grep -vc ' lo:'; ip route | grep -c ^default; for h in 127.0.0.1"
                  + " 10.0.2.2 $(ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p'); do nc -w"
                  + " 1 $h "
                  + port
                  + " </dev/null && echo REACHED; done; echo tried",
              b -> b.network(NetworkMode.PRIVATE));
      assertThat(run.lines()).containsExactly("1", "1", "tried");
    }
  }
}
