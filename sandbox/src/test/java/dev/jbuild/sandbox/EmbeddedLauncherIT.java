package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The embedded launcher as root, over an overlay. */
@Tag("root")
class EmbeddedLauncherIT extends LauncherContract {
  @Override
  Rig rig(Path folder) {
    Rig.assumeRoot();
    return new Rig(folder, new EmbeddedLauncher(Tier.A), true, false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"mnt", "pid", "ipc", "uts", "cgroup"})
  void namespaceIsTheStepsOwn(String type) throws Exception {
    String own = Files.readSymbolicLink(Path.of("/proc/self/ns/" + type)).toString();
    String theirs = rig.sh("readlink /proc/self/ns/" + type).text().strip();
    assertThat(theirs).startsWith(type + ":[").isNotEqualTo(own);
  }

  @Test
  void networkIsTheExecutorsUnlessAskedOtherwise() throws Exception {
    String own = Files.readSymbolicLink(Path.of("/proc/self/ns/net")).toString();
    assertThat(rig.sh("readlink /proc/self/ns/net").text().strip()).isEqualTo(own);
    assertThat(rig.sh("readlink /proc/self/ns/net", b -> b.network(NetworkMode.NONE)).text())
        .startsWith("net:[")
        .isNotEqualTo(own + "\n");
  }

  @Test
  void networkNoneHasALoopbackOfItsOwnOnly() throws Exception {
    try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Rig.Run run =
          rig.sh(
              "ip -o link | grep -c .; ip addr show lo | grep -c 'inet 127'; nc -w 1 127.0.0.1 "
                  + service.getLocalPort()
                  + " </dev/null && echo reached || echo cut off",
              b -> b.network(NetworkMode.NONE));
      assertThat(run.lines()).endsWith("1", "cut off").doesNotContain("reached");
    }
  }

  @Test
  void stepSeesItsOwnProcessesOnly() {
    assertThat(rig.sh("ls /proc | grep -c '^[0-9]*$'; echo $$").lines())
        .satisfies(lines -> assertThat(Integer.parseInt(lines.getFirst())).isBetween(2, 5))
        .endsWith("2");
  }

  @Test
  void stepSeesItsOwnMountsOnly() {
    List<String> mounts = rig.sh("cut -d' ' -f2 /proc/self/mounts").lines();
    assertThat(mounts)
        .contains("/", "/proc", "/dev", "/dev/pts", "/dev/shm", "/dev/mqueue", "/sys")
        .allMatch(m ->
            m.equals("/") || m.startsWith("/proc") || m.startsWith("/dev") || m.startsWith("/sys"));
  }

  @Test
  void nothingIsMountedOnTheExecutorsSide() throws Exception {
    String before = Files.readString(Path.of("/proc/self/mountinfo"));
    CountDownLatch running = new CountDownLatch(1);
    StepRequest request = rig.request("sh", "-c", "echo up; sleep 1000").build();
    try (RunningStep step = rig.launcher.start(request, (_, _) -> running.countDown())) {
      running.await();
      assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).isEqualTo(before);
      step.kill();
      step.await();
    }
    assertThat(Files.readString(Path.of("/proc/self/mountinfo"))).isEqualTo(before);
  }

  @Test
  void pseudoTerminalsAreTheStepsOwn() {
    assertThat(rig.sh("[ -e /dev/ptmx ] && ls /dev/pts").text()).isEqualTo("ptmx\n");
  }

  @Test
  void hostnameIsTheStepsOwn() {
    assertThat(rig.sh("hostname; uname -n", b -> b.hostname("mybox")).lines())
        .containsExactly("mybox", "mybox");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/interrupts"})
  void maskedFileIsEmpty(String path) {
    assertThat(rig.sh("[ -e " + path + " ] && cat " + path + " | wc -c || echo 0").text().strip())
        .isEqualTo("0");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/proc/acpi", "/proc/scsi", "/sys/firmware"})
  void maskedFolderIsEmpty(String path) {
    assertThat(rig.sh("ls -A " + path + " 2>/dev/null | wc -l").text().strip()).isEqualTo("0");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/proc/sys/kernel/hostname",
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
        "/proc/irq/default_smp_affinity",
        "/sys/kernel/mm/transparent_hugepage/enabled"
      })
  void kernelSettingCannotBeWritten(String path) {
    assertThat(
            rig.sh(
                    "[ -e "
                        + path
                        + " ] || { echo refused; exit; }; (cat "
                        + path
                        + " > /tmp/v; echo 1 > "
                        + path
                        + ") 2>/dev/null && echo written || echo refused")
                .text())
        .isEqualTo("refused\n");
  }

  @Test
  void emptyDevProcSysStayInTheFirstLayer() {
    rig.sh("true");
    assertThat(rig.changes()).containsExactly("dev", "proc", "sys");
  }

  @Test
  void rootKeepsItsTimesWhereNothingIsMissing() throws Exception {
    for (String name : List.of("dev", "proc", "sys")) {
      Files.createDirectory(rig.lower.resolve(name));
    }
    FileTime old = FileTime.fromMillis(1_000_000_000_000L);
    Files.setLastModifiedTime(rig.upper, old);
    rig.sh("true", b -> b.file(FileMount.readOnly("/secret", new byte[0])));
    assertThat(rig.changes()).isEmpty();
    assertThat(Files.getLastModifiedTime(rig.upper)).isEqualTo(old);
  }

  @Test
  void stepThatFillsTheDiskFailsAndLeavesTheLauncherWhole() throws Exception {
    Path disk = Files.createDirectory(dir.resolve("disk"));
    assertThat(mount("mount", "-t", "tmpfs", "-o", "size=8m", "disk", disk.toString())).isZero();
    try {
      Rig small = new Rig(disk, new EmbeddedLauncher(Tier.A), true, false);
      Rig.Run run =
          small.sh("cat /dev/zero > /full", b -> b.file(FileMount.readOnly("/made", new byte[0])));
      assertThat(run.result().exitCode()).isEqualTo(1);
      assertThat(run.errors()).contains("No space left on device");
      assertThat(small.changes()).contains("full").doesNotContain("made");
      assertThat(small.sh("rm /full; echo again > /tmp/x && cat /tmp/x").text())
          .isEqualTo("again\n");
    } finally {
      assertThat(mount("umount", disk.toString())).isZero();
    }
  }

  private static int mount(String... command) throws Exception {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/proc", "/sys"})
  void linkInPlaceOfAKernelsFileSystemIsRefused(String target) throws Exception {
    Files.createSymbolicLink(rig.lower.resolve(target.substring(1)), dir.toAbsolutePath());
    assertThatThrownBy(() -> rig.sh("true"))
        .isInstanceOf(BuildFailure.class)
        .hasMessageContaining("\"" + target + "\": not a directory");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/dev", "/etc/resolv.conf", "/cache"})
  void linkAtAMountTargetLeadsNowhereOutside(String target) throws Exception {
    Path outside = Files.createDirectory(dir.resolve("outside"));
    Files.createSymbolicLink(rig.lower.resolve(target.substring(1)), outside.toAbsolutePath());
    Path cache = Files.createDirectory(dir.resolve("cache"));
    Files.writeString(cache.resolve("in-cache"), "");
    rig.sh(
        "echo x > " + target + "/new; true",
        b ->
            b.mount(RuntimeSpec.Mount.bind(cache.toString(), "/cache", false))
                .file(FileMount.readOnly("/etc/resolv.conf", new byte[0])));
    assertThat(outside).isEmptyDirectory();
  }

  @Test
  void deletedFileBecomesAWhiteout() throws Exception {
    rig.sh("rm /etc/group; echo new > /etc/added");
    assertThat(rig.changes()).contains("etc/added", "etc/group");
    assertThat(Files.readAttributes(rig.upper.resolve("etc/group"), "unix:rdev").get("rdev"))
        .isEqualTo(0L);
  }

  @ParameterizedTest
  @ValueSource(ints = {60, 620})
  void manyLayersAreStackedInOrder(int count) throws Exception {
    List<Path> layers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      Path layer = Files.createDirectories(dir.resolve("layers/" + "x".repeat(80) + i));
      Files.writeString(layer.resolve("n" + i), "");
      Files.writeString(layer.resolve("top"), "layer " + i);
      layers.add(layer);
    }
    Collections.reverse(layers);
    layers.add(rig.lower);
    Rootfs.Overlay own = (Rootfs.Overlay) rig.rootfs;
    Rootfs rootfs = new Rootfs.Overlay(layers, own.upper(), own.work(), false);
    Rig.Run run =
        rig.run(
            StepRequest.builder(rootfs, List.of("/bin/sh", "-c", "ls / | grep -c '^n'; cat /top"))
                .build());
    assertThat(run.lines()).containsExactly(Integer.toString(count), "layer " + (count - 1));
  }

  @Test
  void bindMountShowsThePathAndReadOnlyHolds() throws Exception {
    Path source = Files.createDirectory(dir.resolve("source"));
    Files.writeString(source.resolve("file"), "content");
    Rig.Run run =
        rig.sh(
            "cat /ro/file /rw/file; echo x > /ro/new || echo refused; echo x > /rw/new",
            b ->
                b.mount(RuntimeSpec.Mount.bind(source.toString(), "/ro", true))
                    .mount(RuntimeSpec.Mount.bind(source.toString(), "/rw", false)));
    assertThat(run.text()).isEqualTo("contentcontentrefused\n");
    assertThat(source.resolve("new")).exists();
    assertThat(rig.upper.resolve("ro")).doesNotExist();
    assertThat(rig.upper.resolve("rw")).doesNotExist();
  }

  @Test
  void treeOfLayersIsShownAndWritesToItAreThrownAway() throws Exception {
    Path one = dir.resolve("one");
    Files.createDirectories(one.resolve("sub"));
    Path two = dir.resolve("two");
    Files.createDirectories(two.resolve("sub"));
    Files.writeString(one.resolve("sub/a"), "a");
    Files.writeString(two.resolve("sub/b"), "b");
    Path upper = Files.createDirectory(dir.resolve("tree-upper"));
    Path work = Files.createDirectory(dir.resolve("tree-work"));
    Rig.Run run =
        rig.sh(
            "cat /ro/a /ro/b; echo x > /ro/c || echo refused; echo x > /rw/c && cat /rw/c",
            b ->
                b.tree(
                        new RootfsMount(
                            "/ro", new Rootfs.Layers(List.of(one, two), false), "/sub", true))
                    .tree(
                        new RootfsMount(
                            "/rw",
                            new Rootfs.Overlay(List.of(one, two), upper, work, false),
                            "/sub",
                            false)));
    assertThat(run.text()).isEqualTo("abrefused\nx\n");
    assertThat(one.resolve("sub/c")).doesNotExist();
    assertThat(upper.resolve("sub/c")).exists();
  }

  @Test
  void linkInTheSourceOfATreeStaysInTheTree() throws Exception {
    Path tree = Files.createDirectory(dir.resolve("tree"));
    Files.createSymbolicLink(tree.resolve("escape"), Path.of("/etc"));
    Files.createSymbolicLink(tree.resolve("up"), Path.of("../../../../etc"));
    for (String name : List.of("escape", "up")) {
      assertThatThrownBy(() ->
              rig.sh(
                  "ls /t",
                  b -> b.tree(new RootfsMount("/t", new Rootfs.Directory(tree), "/" + name, true))))
          .isInstanceOf(BuildFailure.class)
          .hasMessageContaining("no such file or directory");
    }
  }

  @Test
  void secondStepOnTheSameUpperSeesTheFirst() {
    rig.sh("echo one > /f");
    assertThat(rig.sh("cat /f").text()).isEqualTo("one\n");
  }

  @Test
  void insecureStepHasEveryCapabilityOfTheExecutor() throws IOException {
    String line =
        Files.readString(Path.of("/proc/self/status"))
            .lines()
            .filter(l -> l.startsWith("CapPrm"))
            .findFirst()
            .orElseThrow();
    assertThat(rig.sh("grep ^CapPrm /proc/self/status", b -> b.insecure(true)).text().strip())
        .isEqualTo(line);
  }

  @Test
  void setuidProgramWorksUnlessNewPrivilegesAreOff() throws Exception {
    rig.withAttack();
    Files.setPosixFilePermissions(
        rig.lower.resolve("bin/attack"), PosixFilePermissions.fromString("rwxr-xr-x"));
    new ProcessBuilder("chmod", "4755", rig.lower.resolve("bin/attack").toString())
        .start()
        .waitFor();
    ResolvedUser builder = new ResolvedUser(1000, 1000, List.of(), "/");
    assertThat(rig.sh("attack euid", b -> b.user(builder)).text()).isEqualTo("euid 0\n");
    assertThat(rig.sh("attack euid", b -> b.user(builder).noNewPrivileges(true)).text())
        .isEqualTo("euid 1000\n");
  }

  @Test
  void limitOnOpenFilesIsSet() {
    assertThat(
            rig.sh(
                    "ulimit -n; ulimit -Hn",
                    b ->
                        b.limits(
                            Limits.NONE.withUlimits(Map.of("nofile", new Limits.Ulimit(100, 200)))))
                .lines())
        .containsExactly("100", "200");
  }

  @Test
  void launcherDiesWithItsCommandPipe() throws Exception {
    // A JVM that is killed leaves no step behind: here its end of the pipe is all that goes.
    RunningStep step =
        rig.launcher.start(
            rig.request(Sleepers.sleep(1004).split(" ")).build(), OutputSink.discard());
    ((EmbeddedStep) step).abandon();
    assertThat(step.await().killed()).isTrue();
    assertThat(Sleepers.alive(1004)).isZero();
  }
}
