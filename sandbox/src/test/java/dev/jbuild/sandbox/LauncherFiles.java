package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a step finds in its root besides the image: mounts, devices, /proc; what stays of it. */
abstract class LauncherFiles extends LauncherStreams {

  @Test
  void hostsAndResolverAreReadOnlyAndNotInTheLayer() {
    Rig.Run run =
        rig.sh(
            "cat /etc/hosts; echo x >> /etc/hosts || echo refused",
            b ->
                b.file(
                        NetworkFiles.hosts(
                            "buildkitsandbox", List.of(new ExtraHost("db", "10.0.0.7"))))
                    .file(NetworkFiles.resolvConf(NetworkMode.HOST)));
    assertThat(run.text())
        .isEqualTo(
            """
            127.0.0.1\tlocalhost buildkitsandbox
            ::1\tlocalhost ip6-localhost ip6-loopback
            10.0.0.7\tdb
            """
                + (rig.mounts ? "refused\n" : "")); // else it is written, and thrown away
    assertThat(rig.upper.resolve("etc/hosts")).doesNotExist();
    assertThat(rig.upper.resolve("etc/resolv.conf")).doesNotExist();
  }

  @Test
  void filesOfAStepHaveTheirModeAndOwner() {
    FileMount secret =
        new FileMount(
            "/run/secrets/key", "s3cret".getBytes(StandardCharsets.UTF_8), 0400, 1000, 44, true);
    Rig.Run run =
        rig.sh(
            "stat -c '%a %u:%g' /run/secrets/key; cat /run/secrets/key",
            b -> b.file(secret).user(new ResolvedUser(1000, 1000, List.of(), "/")));
    assertThat(run.text()).isEqualTo("400 1000:44\ns3cret");
    assertThat(rig.upper.resolve("run")).doesNotExist();
  }

  @Test
  void mountPointsMadeForAStepAreGoneAndParentsKeepTheirTimes() throws Exception {
    Path etc = rig.lower.resolve("etc");
    Files.setLastModifiedTime(etc, FileTime.fromMillis(1_000_000_000_000L));
    rig.sh(
        "true",
        b ->
            b.file(FileMount.readOnly("/etc/x/y/hosts", new byte[0]))
                .file(FileMount.readOnly("/etc/direct", new byte[] {1})));
    assertThat(rig.upper.resolve("etc/x")).doesNotExist();
    assertThat(rig.upper.resolve("etc/direct")).doesNotExist();
    if (Files.exists(rig.upper.resolve("etc"))) {
      assertThat(Files.getLastModifiedTime(rig.upper.resolve("etc")).toMillis())
          .isEqualTo(1_000_000_000_000L);
    }
  }

  @Test
  void mountPointThatTheStepFilledStays() {
    rig.sh(
        "echo kept > /opt/here/../kept; true",
        b -> b.file(FileMount.readOnly("/opt/here/file", new byte[0])));
    assertThat(rig.upper.resolve("opt/kept")).exists();
    assertThat(rig.upper.resolve("opt/here")).doesNotExist();
  }

  @Test
  void aTreeCanBeShownInPart() throws Exception {
    Path tree = rig.dir.resolve("tree");
    Files.createDirectories(tree.resolve("sub"));
    Files.writeString(tree.resolve("sub/file"), "content");
    Files.createSymbolicLink(tree.resolve("link"), Path.of("/sub/file"));
    Files.writeString(rig.lower.resolve("covered"), "of the image");
    Rootfs source = new Rootfs.Directory(tree);
    Rig.Run run =
        rig.sh(
            "cat /new/file /linked /covered /dir/file; echo over > /new/file || echo read-only",
            b ->
                b.tree(new RootfsMount("/new/file", source, "/sub/file", true))
                    .tree(new RootfsMount("/linked", source, "link", true))
                    .tree(new RootfsMount("/covered", source, "/sub/file", true))
                    .tree(new RootfsMount("/dir", source, "/sub", true)));
    assertThat(run.text())
        .as(run.errors())
        .isEqualTo("content".repeat(4) + (rig.mounts ? "read-only\n" : ""));
    assertThat(tree.resolve("sub/file")).hasContent("content");
    assertThat(rig.lower.resolve("covered")).hasContent("of the image");
    assertThat(rig.upper.resolve("linked")).doesNotExist();
  }

  @Test
  void aDirectoryGoesOnDirectoriesAndAFileOnFiles() throws Exception {
    Path tree = rig.dir.resolve("tree");
    Files.createDirectories(tree.resolve("sub"));
    Files.writeString(tree.resolve("file"), "content");
    Rootfs source = new Rootfs.Directory(tree);
    assertThatThrownBy(
            () -> rig.sh("true", b -> b.tree(new RootfsMount("/etc", source, "/file", true))))
        .isInstanceOf(BuildFailure.class)
        .hasMessageMatching("cannot .*: \"/etc\": is a directory");
    assertThatThrownBy(
            () -> rig.sh("true", b -> b.tree(new RootfsMount("/etc/group", source, "/sub", true))))
        .isInstanceOf(BuildFailure.class)
        .hasMessageMatching("cannot .*: \"/etc/group\": not a directory");
    assertThatThrownBy(() -> rig.sh("true", b -> b.file(FileMount.readOnly("/etc", new byte[0]))))
        .isInstanceOf(BuildFailure.class)
        .hasMessageMatching("cannot .*: \"/etc\": is a directory");
  }

  @Test
  void devicesAreTheUsualOnes() {
    Rig.Run run =
        rig.sh(
            """
            echo x > /dev/null && head -c 3 /dev/zero | wc -c && head -c 4 /dev/urandom | wc -c
            echo x > /dev/full || echo full
            [ -d /dev/shm ] && echo y > /dev/shm/f && cat /dev/shm/f
            [ -L /dev/fd ] && [ -L /dev/stdin ] && echo links
            """);
    assertThat(run.lines()).containsExactly("3", "4", "full", "y", "links");
    assertThat(rig.changes()).noneMatch(name -> name.startsWith("dev/"));
  }

  @Test
  void bashProcessSubstitutionHasItsFiles() {
    assertThat(rig.sh("echo hi | cat /proc/self/fd/0; cat /dev/fd/0 < /etc/group | head -1").text())
        .isEqualTo("hi\nroot:x:0:\n");
  }

  @Test
  void directoriesOfProcCanBeListed() {
    Rig.Run run =
        rig.sh(
            Sleepers.sleep(1003)
                + " & c=$!; cd /tmp; ls /proc | grep -cxE"
                + " \"$c|$$|self|cpuinfo|meminfo|mounts\"; exec 5</etc/group; ls /proc/self/fd"
                + " /proc/$$/fd | grep -cx 5; ls /proc/$c | grep -cxE 'exe|fd|stat|status|maps'; cd"
                + " /proc/self && cat comm >/dev/null && cd fd && ls | grep -cx 5 && cat 5 | head"
                + " -n 1; cd /proc && cat $$/comm && ls $c/task | grep -cx $c; kill $c; wait $c; ls"
                + " /proc | grep -cx $c; ls /proc/$c 2>/dev/null || echo gone; find /proc/$$/fd |"
                + " grep -c '/5$'");
    assertThat(run.lines())
        .as(run.errors())
        .containsExactly("6", "2", "5", "1", "root:x:0:", "sh", "1", "0", "gone", "1");
    assertThat(rig.changes().stream().filter(name -> name.startsWith("proc/"))).isEmpty();
  }

  @Test
  void programsAreExecutedThroughProc() throws Exception {
    Path script = Files.writeString(rig.lower.resolve("script"), "#!/bin/sh\necho script $0 $1\n");
    script.toFile().setExecutable(true, false);
    Rig.Run run =
        rig.run(
            rig.request(
                    "/bin/busybox",
                    "sh",
                    "-c",
                    // its own name decides what busybox does
                    "(exec -a echo /proc/self/exe one); (exec -a echo /proc/$$/exe two); exec"
                        + " 5</bin/busybox; (exec -a echo /proc/self/fd/5 three); (exec -a echo"
                        + " /dev/fd/5 four); exec 6</script; /proc/self/fd/6 five | sed"
                        + " 's,/proc/self/fd/,/dev/fd/,'; for i in 1 2 3 4 5 6 7 8; do (exec -a"
                        + " echo /proc/self/exe n) & (exec 5</script; exec /proc/self/fd/5 n) &"
                        + " done | sort | uniq -c | wc -l; (exec /proc/self/fd/44) 2>/dev/null ||"
                        + " echo no")
                .build());
    assertThat(run.lines().stream().map(l -> l.replaceAll("/dev/fd/\\d+", "FD")))
        .as(run.errors())
        .containsExactly("one", "two", "three", "four", "script FD five", "2", "no");
    assertThat(rig.changes().stream().filter(name -> name.startsWith("proc/"))).isEmpty();
  }
}
