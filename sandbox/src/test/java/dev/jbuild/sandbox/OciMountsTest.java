package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class OciMountsTest {

  private static List<RuntimeSpec.Mount> mounts(NetworkMode network, boolean namespace, long ids) {
    StepRequest request =
        StepRequest.builder(new Rootfs.Directory(Path.of("/r")), List.of("true"))
            .network(network)
            .build();
    return OciMounts.of(request, new Privileges(0, -1, namespace, ids, false, 0));
  }

  private static RuntimeSpec.Mount at(String target, List<RuntimeSpec.Mount> mounts) {
    return mounts.stream().filter(m -> m.destination().equals(target)).findFirst().orElseThrow();
  }

  @Test
  void machinesSysIsBoundInAUserNamespaceWithItsNetwork() {
    List<RuntimeSpec.Mount> mounts = mounts(NetworkMode.HOST, true, 65537);
    assertThat(at("/sys", mounts).source()).isEqualTo("/sys");
    assertThat(at("/sys", mounts).options()).contains("rbind", "ro");
    assertThat(mounts).extracting(RuntimeSpec.Mount::type).doesNotContain("cgroup", "sysfs");
    RuntimeSpec.Mount cover = at("/sys/fs/cgroup", mounts);
    assertThat(cover.type()).isEqualTo("tmpfs");
    assertThat(cover.options()).contains("ro");
    assertThat(mounts.indexOf(cover)).isGreaterThan(mounts.indexOf(at("/sys", mounts)));
  }

  @Test
  void sysOfANetworkOfItsOwnAndOfRootIsMounted() {
    assertThat(at("/sys", mounts(NetworkMode.NONE, true, 65537)).type()).isEqualTo("sysfs");
    List<RuntimeSpec.Mount> ofRoot = mounts(NetworkMode.HOST, false, 4294967295L);
    assertThat(at("/sys", ofRoot).type()).isEqualTo("sysfs");
    assertThat(ofRoot).extracting(RuntimeSpec.Mount::type).contains("cgroup");
  }

  @Test
  void groupOfTerminalsNeedsMoreThanOneId() {
    assertThat(at("/dev/pts", mounts(NetworkMode.HOST, true, 65537)).options()).contains("gid=5");
    assertThat(at("/dev/pts", mounts(NetworkMode.HOST, true, 1)).options())
        .doesNotContain("gid=5")
        .contains("newinstance");
  }
}
