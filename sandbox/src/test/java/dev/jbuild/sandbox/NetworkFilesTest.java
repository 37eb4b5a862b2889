package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkFilesTest {

  @TempDir Path dir;

  private String resolv(NetworkMode mode, String own, String systemd) throws IOException {
    Path file = Files.writeString(dir.resolve("resolv.conf"), own);
    Path real = dir.resolve("systemd.conf");
    if (!systemd.isEmpty()) {
      Files.writeString(real, systemd);
    }
    return new String(NetworkFiles.resolvConf(mode, file, real).content(), StandardCharsets.UTF_8);
  }

  @Test
  void hostsListsExtraHostsInOrder() {
    List<ExtraHost> extra =
        List.of(
            new ExtraHost("z", "10.0.0.1"),
            new ExtraHost("a", "fd00::1"),
            new ExtraHost("z", "10.0.0.2"));
    assertThat(new String(NetworkFiles.hosts("box", extra).content(), StandardCharsets.UTF_8))
        .isEqualTo(
            """
            127.0.0.1\tlocalhost box
            ::1\tlocalhost ip6-localhost ip6-loopback
            10.0.0.1\tz
            fd00::1\ta
            10.0.0.2\tz
            """);
  }

  @Test
  void ownResolverIsTakenAsItIs() throws IOException {
    String own = "search example.org\nnameserver 10.1.1.1\noptions ndots:2\n";
    assertThat(resolv(NetworkMode.HOST, own, "")).isEqualTo(own);
    assertThat(resolv(NetworkMode.HOST, "nameserver 127.0.0.1\n", ""))
        .isEqualTo("nameserver 127.0.0.1\n");
  }

  @Test
  void stubOfSystemdGivesWayToItsRealList() throws IOException {
    assertThat(resolv(NetworkMode.HOST, "nameserver 127.0.0.53\n", "nameserver 9.9.9.9\n"))
        .isEqualTo("nameserver 9.9.9.9\n");
    assertThat(
            resolv(
                NetworkMode.HOST,
                "nameserver 127.0.0.53\nnameserver 10.0.0.1\n",
                "nameserver 9.9.9.9\n"))
        .isEqualTo("nameserver 127.0.0.53\nnameserver 10.0.0.1\n");
  }

  @Test
  void privateNetworkLosesServersOnTheLoopback() throws IOException {
    assertThat(
            resolv(
                NetworkMode.PRIVATE,
                "nameserver 127.0.0.1\nnameserver ::1\nnameserver 10.0.0.1\n",
                ""))
        .isEqualTo("nameserver 10.0.0.1\n");
    assertThat(resolv(NetworkMode.PRIVATE, "nameserver 127.0.0.1\n", ""))
        .startsWith("nameserver 8.8.8.8\n");
  }
}
