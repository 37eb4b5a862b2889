package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What every launcher does, at every tier. Here is who the process of a step is, what it begins
 * with, and what is counted of it.
 */
abstract class LauncherContract extends LauncherFiles {

  @Test
  void argumentsAndEnvironmentArriveUnchanged() {
    Rig.Run run =
        rig.run(
            rig.request("/bin/sh", "-c", "printf '%s|' \"$0\" \"$@\"; env", "a b", "", "ü\n\t$x")
                .env(List.of("PATH=/bin", "A=1 2", "B=", "A_B=é"))
                .build());
    assertThat(run.text()).startsWith("a b||ü\n\t$x|");
    assertThat(run.lines()).contains("PATH=/bin", "A=1 2", "B=", "A_B=é", "HOME=/root");
    assertThat(run.text()).doesNotContain("JBUILD").doesNotContain("JAVA");
  }

  @Test
  void commandIsFoundInThePathOfTheStep() {
    Rig.Run run = rig.run(rig.request("hello").env(List.of("PATH=/nowhere:/opt/x:/bin")).build());
    assertThat(run.result().exitCode()).isEqualTo(127);
    run = rig.run(rig.request("echo", "found").env(List.of("PATH=/nowhere:/opt/x:/bin")).build());
    assertThat(run.text()).isEqualTo("found\n");
  }

  @Test
  void workingDirectoryIsMadeForTheUser() {
    Rig.Run run =
        rig.sh(
            "pwd; stat -c '%u:%g %a' . ..; echo x > made",
            b -> b.cwd("/new/deep").user(new ResolvedUser(1000, 1000, List.of(), "/")));
    assertThat(run.lines()).containsExactly("/new/deep", "1000:1000 755", "1000:1000 755");
    assertThat(rig.upper.resolve("new/deep/made")).exists();
  }

  @Test
  void workingDirectoryBehindALinkStaysInside() throws Exception {
    Files.createSymbolicLink(rig.lower.resolve("out"), Path.of("/../../../../../tmp/inside"));
    Rig.Run run = rig.sh("pwd -P", b -> b.cwd("/out/dir"));
    assertThat(run.text()).isEqualTo("/tmp/inside/dir\n");
    assertThat(rig.upper.resolve("tmp/inside/dir")).isDirectory();
  }

  @Test
  void userAndGroupsAreTheImagesOwn() throws Exception {
    ResolvedUser builder =
        ImageUsers.resolve(
            "builder",
            Files.readAllBytes(rig.lower.resolve("etc/passwd")),
            Files.readAllBytes(rig.lower.resolve("etc/group")));
    Rig.Run run = rig.sh("id; echo $HOME; touch /tmp/mine", b -> b.user(builder));
    assertThat(run.lines())
        .containsExactly(
            "uid=1000(builder) gid=1000(builder) groups=44(media),1000(builder)", "/home/builder");
    assertThat(Files.getAttribute(rig.upper.resolve("tmp/mine"), "unix:uid")).isEqualTo(1000);
  }

  @Test
  void umaskIs022() {
    assertThat(rig.sh("umask").text()).isEqualTo("0022\n");
  }

  @Test
  void capabilitiesAreDockersDefaultSet() {
    // without mounts, chroot is the way out of a chroot
    String set = rig.mounts ? "00000000a80425fb" : "00000000a80025fb";
    assertThat(rig.sh("grep ^Cap /proc/self/status").lines())
        .containsExactly(
            "CapInh:\t0000000000000000",
            "CapPrm:\t" + set,
            "CapEff:\t" + set,
            "CapBnd:\t" + set,
            "CapAmb:\t0000000000000000");
  }

  @Test
  void capabilitiesOfAnOrdinaryUserAreNone() {
    assertThat(
            rig.sh(
                    "grep ^Cap /proc/self/status",
                    b -> b.user(new ResolvedUser(1000, 1000, List.of(), "/")))
                .lines())
        .contains("CapPrm:\t0000000000000000", "CapEff:\t0000000000000000");
  }

  @Test
  void noFileDescriptorOfTheExecutorIsOpen() {
    assertThat(rig.sh("for i in $(seq 0 99); do [ -e /proc/self/fd/$i ] && echo $i; done").lines())
        .containsExactly("0", "1", "2");
  }

  @Test
  void manyStepsRunAtOnce() throws Exception {
    List<RunningStep> steps = new ArrayList<>();
    List<ByteArrayOutputStream> outputs = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Rig own = rig(Files.createDirectory(dir.resolve("rig" + i)));
      ByteArrayOutputStream output = new ByteArrayOutputStream();
      outputs.add(output);
      steps.add(
          own.launcher.start(
              own.request("/bin/sh", "-c", "sleep 0.2; echo step " + i).build(),
              (_, chunk) ->
                  output.writeBytes(
                      StandardCharsets.UTF_8
                          .decode(chunk)
                          .toString()
                          .getBytes(StandardCharsets.UTF_8))));
    }
    for (int i = 0; i < steps.size(); i++) {
      assertThat(steps.get(i).await().exitCode()).isZero();
      assertThat(outputs.get(i).toString(StandardCharsets.UTF_8)).isEqualTo("step " + i + "\n");
    }
  }

  @Test
  void usageIsMeasured() {
    Rig.Run run = rig.sh("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done");
    ResourceUsage usage = run.result().usage();
    assertThat(usage.userCpu().plus(usage.systemCpu())).isGreaterThan(Duration.ofMillis(20));
    assertThat(usage.wall()).isGreaterThan(usage.userCpu().dividedBy(4));
    assertThat(usage.memoryPeakBytes()).isGreaterThan(100_000);
  }
}
