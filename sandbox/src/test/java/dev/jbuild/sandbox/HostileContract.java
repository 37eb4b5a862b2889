package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.failure.BuildFailure;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Steps that try to get out. A row's script runs in a step; it must not print {@code REACHED}, and
 * it must end, so that a row whose attack cannot even be tried is seen. {@code $SECRET} is a file
 * of the executor's, {@code $EXECUTOR} its process.
 */
@Timeout(180)
abstract class HostileContract {

  @TempDir Path dir;
  Rig rig;

  abstract Rig rig(Path folder);

  /** One attack. */
  record Row(String name, String script) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Row attack(String name, String arguments) {
    return new Row(name, "attack " + arguments + "; true");
  }

  static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    rows.addAll(
        List.of(
            new Row("readFileOfTheHost", "cat $SECRET && echo REACHED; true"),
            new Row(
                "readFileOfTheHostByDotDot",
                "cat ../../../../../../../..$SECRET && echo REACHED; true"),
            new Row(
                "readFileOfTheHostThroughALink",
                "ln -s /../../../..$SECRET /tmp/l; cat /tmp/l && echo REACHED; true"),
            new Row(
                "readFileOfTheHostThroughRootOfInit",
                "cat /proc/1/root$SECRET && echo REACHED; true"),
            new Row(
                "readFileOfTheHostThroughRootOfAnyProcess",
                "for p in /proc/[0-9]*; do cat $p/root$SECRET && echo REACHED; done; true"),
            new Row(
                "readFileOfTheHostThroughCwdOfAnyProcess",
                "for p in 1 $EXECUTOR $PPID; do cat /proc/$p/cwd/../../../../..$SECRET && echo"
                    + " REACHED; done; true"),
            new Row("readEnvironmentOfTheExecutor", "env | grep -i java && echo REACHED; true"),
            new Row(
                "readEnvironmentOfInit",
                "cat /proc/1/environ | grep -q . && ! cat /proc/1/environ | grep -q sealed && echo"
                    + " REACHED; true"),
            new Row(
                "readEnvironmentOfTheExecutorsProcess",
                "cat /proc/$EXECUTOR/environ | grep -q = && echo REACHED; true"),
            new Row(
                "readCommandLineOfTheExecutor",
                "cat /proc/$EXECUTOR/cmdline | grep -q java && echo REACHED; true"),
            new Row(
                "readMapsOfTheExecutor",
                "cat /proc/$EXECUTOR/maps | grep -q . && echo REACHED; true"),
            new Row(
                "readDescriptorsOfTheExecutor",
                "for i in 0 1 2 3 4 5 6; do timeout 1 head -c1 /proc/$EXECUTOR/fd/$i >/dev/null &&"
                    + " echo REACHED; done; true"),
            new Row(
                "readDescriptorsOfInit",
                "for i in 0 3 4 5 6 7 8 9 10 11 12; do timeout 1 head -c1 /proc/1/fd/$i >/dev/null"
                    + " && echo REACHED; done; true"),
            new Row("writeProgramOfInit", "attack write-exe /proc/1/exe; true"),
            new Row("writeProgramOfTheExecutor", "attack write-exe /proc/$EXECUTOR/exe; true"),
            attack("readMemoryOfInit", "open /proc/1/mem"),
            attack("readMemoryOfTheExecutor", "open /proc/$EXECUTOR/mem"),
            attack("readMemoryOfTheParent", "open /proc/$PPID/mem"),
            new Row(
                "readDescriptorsOfTheParent",
                "for i in 0 3 4 5 6 7 8 9 10 11 12; do timeout 1 head -c1 /proc/$PPID/fd/$i"
                    + " >/dev/null && echo REACHED; done; true"),
            new Row(
                "readEnvironmentOfTheParent",
                "cat /proc/$PPID/environ | grep -q . && ! cat /proc/$PPID/environ | grep -q sealed"
                    + " && echo REACHED; true"),
            attack("traceInit", "ptrace 1"),
            attack("traceTheExecutor", "ptrace $EXECUTOR"),
            attack("traceTheParent", "ptrace $PPID"),
            attack("readMemoryOfInitByCall", "vmread 1"),
            attack("readMemoryOfTheExecutorByCall", "vmread $EXECUTOR"),
            attack("takeADescriptorOfInit", "pidfd_getfd 1"),
            attack("takeADescriptorOfTheExecutor", "pidfd_getfd $EXECUTOR"),
            attack("signalTheExecutor", "kill $EXECUTOR"),
            attack("ownTheExecutor", "own $EXECUTOR"),
            attack("ownTheExecutorByStruct", "own-ex $EXECUTOR"),
            attack("ownTheExecutorByIoctl", "own-ioctl $EXECUTOR"),
            new Row("killEveryProcess", "sh -c 'trap \"\" TERM; kill -TERM -1'; true"),
            new Row("killInit", "kill -9 1; kill -STOP 1; true"),
            new Row("killGroupOfTheParent", "kill -TERM -$EXECUTOR; true"),
            attack("keepADescriptor", "fds")));
    for (String call :
        List.of(
            "mount",
            "fsopen",
            "open_tree",
            "umount",
            "unshare",
            "unshare-user",
            "clone-user",
            "clone3",
            "pivot_root",
            "keyctl",
            "add_key",
            "bpf",
            "io_uring",
            "userfaultfd",
            "perf",
            "init_module",
            "finit_module",
            "kexec",
            "reboot",
            "swapon",
            "settime",
            "syslog",
            "open_by_handle",
            "iopl",
            "sethostname",
            "personality",
            "vsock",
            "tiocsti",
            "ambient")) {
      rows.add(attack("call-" + call, call));
    }
    rows.addAll(
        List.of(
            attack("enterNamespaceOfInit", "setns /proc/1/ns/net"),
            attack("enterNamespaceOfTheExecutor", "setns /proc/$EXECUTOR/ns/mnt"),
            attack("leaveByChroot", "chroot $SECRET"),
            attack("openBlockDevice", "block 254 0"),
            attack("openLoopDevice", "block 7 0"),
            attack("openMemoryDevice", "char 1 1"),
            attack("openKernelLog", "char 1 11"),
            attack("openFuse", "char 10 229"),
            attack("openKvm", "char 10 232"),
            new Row("writeCorePattern", write("/proc/sys/kernel/core_pattern")),
            new Row("writeModprobePath", write("/proc/sys/kernel/modprobe")),
            new Row("writeHotplug", write("/sys/kernel/uevent_helper")),
            new Row("writeSysrq", write("/proc/sysrq-trigger")),
            new Row("openAnySettingForWriting", openForWriting("/proc/sys")),
            new Row("openAnythingInSysForWriting", openForWriting("/sys")),
            attack("gainCapabilitiesFromAFile", "file-capability"),
            new Row(
                "gainCapabilitiesFromASetuidProgram",
                "cp /bin/attack /tmp/s; chmod 6755 /tmp/s; /tmp/s capabilities; true"),
            attack("connectToASocketOfTheExecutor", "socket $SOCKET"),
            attack("connectToASocketThroughInit", "socket /proc/1/root$SOCKET"),
            new Row(
                "writeReleaseAgent",
                "for f in /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent; do [ -e $f ]"
                    + " && (echo /x > $f) 2>/dev/null && echo REACHED; done; true"),
            new Row(
                "leaveTheCgroup",
                "for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do [ -e $f ]"
                    + " && (echo $$ > $f) 2>/dev/null && echo REACHED; done; true"),
            new Row(
                "readKernelMemory", "head -c 64 /proc/kcore | grep -q ELF && echo REACHED; true"),
            new Row("readKernelKeys", "cat /proc/keys | grep -q . && echo REACHED; true"),
            new Row(
                "writeKernelSetting",
                "(echo 1 > /proc/sys/vm/drop_caches) 2>/dev/null && echo REACHED; true"),
            new Row(
                "writeOomScoreOfTheExecutor",
                "(echo 1000 > /proc/$EXECUTOR/oom_score_adj) 2>/dev/null && echo REACHED; true"),
            new Row(
                "mountTheHostsDisk",
                "mkdir -p /tmp/m; mknod /tmp/d b 254 0; mount /tmp/d /tmp/m && echo REACHED; true"),
            new Row("remountProcWritable", "mount -o remount,rw /proc/sys && echo REACHED; true"),
            new Row("unmountAMask", "umount /proc/kcore && echo REACHED; true"),
            new Row(
                "procThroughAProcessFolder",
                "cd /proc/self && cat ../1/root$SECRET && echo REACHED;"
                    + " cat /proc/self/fd/../../1/root$SECRET && echo REACHED;"
                    + " cat /proc/self/task/../../1/root$SECRET && echo REACHED; true"),
            new Row(
                "goIntoMagicLinksAndUp",
                "exec 5</; for l in cwd root fd/5; do (cd /proc/self/$l/../../../.. && cat"
                    + " ./$SECRET && echo REACHED; cd /proc/$PPID/$l && cat ../..$SECRET && echo"
                    + " REACHED); done; (cd /proc && cat ../../../../..$SECRET && echo REACHED);"
                    + " true"),
            new Row(
                "listProcessesOfTheExecutor",
                "ls /proc | grep -qx $EXECUTOR && cat /proc/$EXECUTOR/comm | grep -q java && echo"
                    + " REACHED; cat /proc/self/.program && echo REACHED; true"),
            new Row(
                "rootOfTheRoot", "cat /proc/self/root/../../../..$SECRET && echo REACHED; true"),
            new Row(
                "linkToProcOfInit",
                "ln -s /proc/1/root /tmp/r; cat /tmp/r$SECRET && echo REACHED; ln -s"
                    + " /proc/$EXECUTOR/cwd /tmp/c; cat /tmp/c/pom.xml && echo REACHED; true")));
    return rows;
  }

  /** Opening alone changes nothing, should it succeed. */
  private static String openForWriting(String folder) {
    return "for f in $(find "
        + folder
        + " -type f 2>/dev/null | head -n 20000); do { true >> $f; } 2>/dev/null && echo REACHED"
        + " $f; done; true";
  }

  private static String write(String file) {
    return "(echo x > "
        + file
        + ") 2>/dev/null && grep -q '^x$' "
        + file
        + " && echo REACHED; true";
  }

  @BeforeEach
  void makeRig() {
    rig = rig(dir).withAttack();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rows")
  void attackFails(Row row) throws IOException {
    assumeTrue(
        !rig.initIsTheStep || !row.script.matches("(?s).*(/proc/1/|ptrace 1|vmread 1|getfd 1).*"),
        "pid 1 is the step itself");
    Path secret = Files.writeString(dir.resolve("secret"), "of the host");
    long executor = ProcessHandle.current().pid();
    // PPID of the shell is the step's pid 1, or in tier C a process of the launcher's.
    String script = row.script.replace("$SECRET", secret.toString());
    Path folder = Files.createTempDirectory("s"); // a path of a socket is short
    Path socket = folder.resolve("agent");
    Rig.Run run;
    try (ServerSocketChannel agent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      agent.bind(UnixDomainSocketAddress.of(socket));
      run =
          rig.sh(
              "EXECUTOR="
                  + executor
                  + "; "
                  + script.replace("$SOCKET", socket.toString())
                  + "\necho tried",
              b -> b.env(List.of("PATH=/bin")));
    } finally {
      Files.deleteIfExists(socket);
      Files.delete(folder);
    }
    assertThat(run.text()).as(row.name).doesNotContain("REACHED").doesNotContain("of the host");
    if (!row.name.startsWith("kill")) {
      assertThat(run.text()).as("%s: %s", run.result(), run.errors()).endsWith("tried\n");
    }
    assertThat(ProcessHandle.current().isAlive()).isTrue();
  }

  @Test
  void interpreterOfAScriptCannotBeTheLauncherThatIsThenOverwritten() throws IOException {
    // CVE-2019-5736: the program of the step is the launcher's own, seen from inside.
    Path launcher = LauncherBinary.locate();
    byte[] before = Files.readAllBytes(launcher);
    Path script = rig.lower.resolve("evil");
    Files.writeString(script, "#!/proc/self/exe userns /bin/sh\n");
    script.toFile().setExecutable(true, false);
    rig.run(rig.request("/evil").build());
    Rig.Run run =
        rig.sh("for p in 1 self $$ $PPID; do attack write-exe /proc/$p/exe; done; echo tried");
    assertThat(run.text()).endsWith("tried\n");
    assertThat(Files.readAllBytes(launcher)).isEqualTo(before);
  }

  @Test
  void secretAndCacheOfAnotherStepAreOutOfReach() throws Exception {
    Path cache = Files.createDirectory(dir.resolve("others-cache"));
    Files.writeString(cache.resolve("key"), "other-steps-secret");
    byte[] secret = "other-steps-secret".getBytes(StandardCharsets.UTF_8);
    Rig other = rig(Files.createDirectory(dir.resolve("other")));
    CountDownLatch running = new CountDownLatch(1);
    StepRequest holder =
        other
            .request(
                "/bin/sh",
                "-c",
                "export TOKEN=$(cat /run/secrets/key /cache/key); echo up; sleep 1000")
            .mount(RuntimeSpec.Mount.bind(cache.toString(), "/cache", false))
            .file(new FileMount("/run/secrets/key", secret, 0400, 0, 0, true))
            .build();
    try (RunningStep step = other.launcher.start(holder, (_, _) -> running.countDown())) {
      assertThat(running.await(120, TimeUnit.SECONDS)).isTrue();
      Rig.Run run =
          rig.sh(
              "for p in $(seq 1 20) $(seq "
                  + (ProcessHandle.current().pid() - 5)
                  + " "
                  + (ProcessHandle.current().pid() + 400)
                  + "); do cat /proc/$p/root/run/secrets/key /proc/$p/root/cache/key"
                  + " /proc/$p/environ; done 2>/dev/null; cat /run/secrets/key /cache/key "
                  + cache.resolve("key")
                  + " ../../../.."
                  + cache.resolve("key")
                  + "; echo tried");
      assertThat(run.text()).endsWith("tried\n").doesNotContain("other-steps-secret");
      step.kill();
    }
  }

  @Test
  void readOnlySourceCannotBeWritten() throws Exception {
    Path source = Files.createDirectory(dir.resolve("source"));
    Files.writeString(source.resolve("file"), "kept");
    Rig.Run run =
        rig.sh(
            "echo x > /src/file; rm -f /src/file; echo y > /src/new; mount -o remount,rw /src;"
                + " chmod 777 /src; echo tried",
            b -> b.mount(RuntimeSpec.Mount.bind(source.toString(), "/src", true)));
    assertThat(run.text()).isEqualTo("tried\n");
    assertThat(source.resolve("file")).hasContent("kept");
    assertThat(source.resolve("new")).doesNotExist();
  }

  @Test
  void forksWithoutEndDieWithTheStep() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    StepRequest bomb =
        rig.request(
                "/bin/sh",
                "-c",
                "echo up; f() { "
                    + LauncherContract.sleep(1005)
                    + " & [ $1 -gt 0 ] && { f $(($1-1)) & f $(($1-1)) & }; }; f"
                    + " 6; while :; do (setsid "
                    + LauncherContract.sleep(1005)
                    + " &); sleep 0.01; done")
            .build();
    try (RunningStep step = rig.launcher.start(bomb, (_, _) -> running.countDown())) {
      assertThat(running.await(120, TimeUnit.SECONDS)).isTrue();
      while (LauncherContract.processesNamed(LauncherContract.sleep(1005)) < 20) {
        Thread.onSpinWait();
      }
      step.kill();
      step.await();
    }
    assertThat(LauncherContract.processesNamed(LauncherContract.sleep(1005))).isZero();
  }

  @Test
  void rootOfAnotherStepLeadsNowhere() throws Exception {
    Path secret = Files.writeString(dir.resolve("secret"), "of the host");
    String name = "jbuild-test-" + System.nanoTime();
    Rig other = rig(Files.createDirectory(dir.resolve("other"))).withAttack();
    CountDownLatch waiting = new CountDownLatch(1);
    try (RunningStep step =
        other.launcher.start(
            other.request("/bin/attack", "give-root", name).build(),
            (_, _) -> waiting.countDown())) {
      assertThat(waiting.await(120, TimeUnit.SECONDS)).isTrue();
      Rig.Run run = rig.sh("attack take-root " + name + " " + secret + "; echo tried");
      assertThat(run.text()).endsWith("tried\n").doesNotContain("REACHED");
      step.kill();
    }
  }

  @Test
  void nothingOutlivesTheStepsPid1() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    StepRequest request =
        rig.request(
                "/bin/sh",
                "-c",
                "(setsid "
                    + LauncherContract.sleep(1008)
                    + " &); echo up; "
                    + LauncherContract.sleep(1008))
            .build();
    try (RunningStep step = rig.launcher.start(request, (_, _) -> running.countDown())) {
      assertThat(running.await(120, TimeUnit.SECONDS)).isTrue();
      assumeTrue(step instanceof EmbeddedStep, "an OCI runtime's own affair");
      // As the kernel does when memory is short.
      ProcessHandle.of(((EmbeddedStep) step).pid()).orElseThrow().destroyForcibly();
      assertThat(step.await().succeeded()).isFalse();
    }
    assertThat(LauncherContract.processesNamed(LauncherContract.sleep(1008))).isZero();
  }

  @Test
  void sizeOfFilesCanBeLimited() {
    Rig.Run run =
        rig.sh(
            "dd if=/dev/zero of=/tmp/big bs=64k count=100; wc -c < /tmp/big",
            b ->
                b.limits(
                    Limits.NONE.withUlimits(Map.of("fsize", new Limits.Ulimit(1 << 20, 1 << 20)))));
    assertThat(run.text().strip()).endsWith("1048576");
  }

  @Test
  void abstractSocketsOfTheExecutorAreOutOfReach() throws Exception {
    Process service = attackOutside("serve-abstract", "jbuild-test-" + System.nanoTime());
    try (BufferedReader out = service.inputReader()) {
      assertThat(out.readLine()).isEqualTo("waiting");
      assumeTrue(landlock() >= 6, "this kernel has no scopes of Landlock (Linux 6.12)");
      String name = service.info().arguments().orElseThrow()[1];
      // The control: outside a step it is reached.
      assertThat(outputOf(attackOutside("use-abstract", name))).doesNotContain("refused");
      assertThat(rig.sh("attack use-abstract " + name).lines())
          .containsExactly(
              "refused abstract stream: EPERM",
              "refused abstract datagram: EPERM",
              "refused abstract connection: EPERM");
    } finally {
      service.destroyForcibly();
    }
  }

  @Test
  void abstractSocketsOfTheStepsOwnWork() {
    assertThat(rig.sh("attack own-abstract").text()).isEqualTo("talked\n");
  }

  /** The version of Landlock that the executor can use. */
  static int landlock() throws IOException {
    return Integer.parseInt(outputOf(attackOutside("landlock")).strip());
  }

  static Process attackOutside(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(Rig.attackProgram().toString()));
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command).start();
  }

  private static String outputOf(Process process) throws IOException {
    return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Runs under limits of a cgroup, or sees that they are refused in words, and gives nothing. */
  private Optional<Rig.Run> limited(String script, Limits limits) {
    try {
      return Optional.of(rig.sh(script, b -> b.limits(limits)));
    } catch (BuildFailure e) {
      assertThat(e.kind()).isEqualTo(BuildFailure.Kind.UNSUPPORTED);
      assertThat(e).hasMessageContaining("limit").hasMessageContaining("cgroup");
      return Optional.empty();
    }
  }

  @Test
  void memoryBombDiesAtItsLimit() {
    limited(
            "attack eat 300 && echo REACHED; tail /dev/zero && echo REACHED; exit 9",
            Limits.NONE.withMemory(48 << 20))
        .ifPresent(run -> {
          assertThat(run.text()).doesNotContain("REACHED");
          assertThat(run.result().succeeded()).isFalse();
        });
  }

  @Test
  void memoryBombIsHeldByItsAddressSpace() {
    assumeTrue(!rig.initIsTheStep, "the runtime itself would be held by it");
    Limits.Ulimit space = new Limits.Ulimit(100 << 20, 100 << 20);
    Rig.Run run =
        rig.sh(
            "attack eat 300; echo tried",
            b -> b.limits(Limits.NONE.withUlimits(Map.of("as", space))));
    assertThat(run.text()).isEqualTo("refused eat: ENOMEM\ntried\n");
  }

  @Test
  void forkBombIsHeldByItsLimit() {
    limited("attack forks 3000; echo tried", Limits.NONE.withPids(50))
        .ifPresent(run -> assertThat(forks(run)).isLessThan(50));
  }

  @Test
  void forkBombOfAnOrdinaryUserIsHeldByItsLimit() {
    ResolvedUser somebody = new ResolvedUser(61_234, 61_234, List.of(), "/"); // who has no others
    Rig.Run run =
        rig.sh(
            "attack forks 3000; echo tried",
            b ->
                b.user(somebody)
                    .limits(Limits.NONE.withUlimits(Map.of("nproc", new Limits.Ulimit(60, 60)))));
    assertThat(forks(run)).isLessThan(60);
  }

  static int forks(Rig.Run run) {
    assertThat(run.text()).startsWith("forked ").endsWith("tried\n");
    return Integer.parseInt(run.lines().getFirst().substring(7));
  }

  @Test
  void sharedMemoryCannotBeFilledAboveItsSize() {
    assumeTrue(rig.mounts, "tier C has a directory of the disk there");
    Rig.Run run =
        rig.sh(
            "dd if=/dev/zero of=/dev/shm/big bs=1M count=80; wc -c < /dev/shm/big; rm"
                + " /dev/shm/big");
    assertThat(run.text().strip()).isEqualTo(Integer.toString(64 << 20));
    assertThat(run.errors()).contains("No space left on device");
  }

  @Test
  void daemonInASessionOfItsOwnDiesWithTheStep() {
    Rig.Run run =
        rig.sh(
            "(trap '' HUP TERM; setsid sh -c 'trap \"\" HUP TERM; setsid "
                + LauncherContract.sleep(1006)
                + " & "
                + LauncherContract.sleep(1006)
                + "'"
                + " &) >/dev/null 2>&1 </dev/null; while ! ps | grep -q '[s]leep 1006'; do sleep"
                + " 0.05; done; echo left");
    assertThat(run.text()).isEqualTo("left\n");
    assertThat(LauncherContract.processesNamed(LauncherContract.sleep(1006))).isZero();
  }

  static List<String> mountTargets() {
    return List.of(
        "/proc",
        "/dev",
        "/sys",
        "/dev/shm",
        "/cache",
        "/run",
        "/run/secrets",
        "/etc",
        "/etc/hosts",
        "/w");
  }

  /** Links in the image where the launcher puts something, to a place outside. */
  @Test
  void linksWhereMountsGoLeadNowhereOutside() throws IOException {
    for (String target : mountTargets()) {
      dir = Files.createDirectory(dir.resolve("x"));
      rig = rig(dir).withAttack();
      linkAt(target);
    }
  }

  /**
   * A /proc or /sys of the image that is a link to the root, or leads through the directory that
   * the mount covers: what is masked and read-only in it would not be found, and the whole of it be
   * at "/.." or in that directory.
   */
  @Test
  void linkInPlaceOfProcOrSysUncoversNothing() throws Exception {
    for (String target : List.of("proc", "sys")) {
      for (String link : List.of("/", ".", "../..", "/x/y/..")) {
        dir = Files.createDirectory(dir.resolve("x"));
        rig = rig(dir);
        Files.createDirectories(rig.lower.resolve("x/y"));
        Files.createSymbolicLink(rig.lower.resolve(target), Path.of(link));
        String text = "";
        try {
          text =
              rig.sh("for at in /.. /x; do ls -d $at/sys/kernel $at/kernel/mm $at/self; done; true")
                  .text();
        } catch (BuildFailure _) {
          // Refused, as runc does.
        }
        assertThat(text).as(target + " -> " + link).doesNotContain("/kernel\n", "/mm\n", "/self\n");
      }
    }
  }

  @Test
  void readOnlyMountBehindALinkStaysReadOnly() throws Exception {
    for (String link : List.of("/", "/x/y/..")) {
      dir = Files.createDirectory(dir.resolve("x"));
      rig = rig(dir);
      Path source = Files.createDirectory(dir.resolve("source"));
      Files.createSymbolicLink(source.resolve("y"), Path.of("/dev/shm/a"));
      Files.createDirectories(rig.lower.resolve("x/y"));
      Files.createSymbolicLink(rig.lower.resolve("m"), Path.of(link));
      try {
        rig.sh(
            "touch /../new /x/new /m/new 2> /dev/null; true",
            b -> b.mount(RuntimeSpec.Mount.bind(source.toString(), "/m", true)));
      } catch (BuildFailure _) {
        // Refused.
      }
      assertThat(source.resolve("new")).as("m -> " + link).doesNotExist();
    }
  }

  private void linkAt(String target) throws IOException {
    Path outside = Files.createDirectory(dir.resolve("outside"));
    Files.writeString(outside.resolve("hosts"), "of the host");
    Path link = rig.lower.resolve(target.substring(1));
    Files.createDirectories(link.getParent());
    if (target.equals("/etc")) {
      Files.move(link, rig.lower.resolve("etc-was"));
    }
    Path to = target.equals("/etc/hosts") ? outside.resolve("hosts") : outside;
    Files.createSymbolicLink(
        link, target.equals("/cache") ? Path.of("/../../../../.." + to) : to.toAbsolutePath());
    Path cache = Files.createDirectory(dir.resolve("cache"));
    String text = "";
    try {
      text =
          rig.sh(
                  "cat "
                      + target
                      + " "
                      + target
                      + "/hosts; echo x > "
                      + target
                      + "/new; echo x > "
                      + target
                      + "; true",
                  b ->
                      b.mount(RuntimeSpec.Mount.bind(cache.toString(), "/cache", false))
                          .cwd("/w/deep")
                          .file(FileMount.readOnly("/etc/hosts", new byte[0]))
                          .file(FileMount.readOnly("/run/secrets/key", new byte[0])))
              .text();
    } catch (BuildFailure _) {
      // A launcher may refuse such an image; it must only not follow the link.
    }
    assertThat(text).doesNotContain("of the host");
    assertThat(outside.resolve("hosts")).hasContent("of the host");
    try (Stream<Path> names = Files.list(outside)) {
      assertThat(names.map(p -> p.getFileName().toString())).containsExactly("hosts");
    }
  }

  /** As another step can, that has the same cache at the time. */
  @Test
  void linksThatComeAndGoWhereMountsGoLeadNowhereOutside() throws Exception {
    assumeTrue(!rig.initIsTheStep, "a runtime of before runc 1.2 is not proof against it");
    assumeTrue(rig.mounts, "at tier C steps that share a cache take turns");
    Path outside = Files.createDirectory(dir.resolve("outside"));
    Files.writeString(outside.resolve("hosts"), "of the host");
    Path cache = Files.createDirectory(dir.resolve("cache"));
    Path place = cache.resolve("place");
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch flipping = new CountDownLatch(1);
    Thread other =
        new Thread(() -> {
          while (!done.get()) {
            try {
              Files.createSymbolicLink(place, outside);
              Files.delete(place);
              Files.createDirectory(place);
              Files.deleteIfExists(place.resolve("key"));
              Files.delete(place);
              flipping.countDown();
            } catch (IOException _) {
              // The step was quicker.
              deleteQuietly(place);
            }
          }
        });
    other.start();
    try {
      assertThat(flipping.await(120, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 30; i++) {
        String text = "";
        try {
          text =
              rig.sh(
                      "cat /cache/place/hosts /cache/place/key; echo x > /cache/place/new; true",
                      b ->
                          b.mount(RuntimeSpec.Mount.bind(cache.toString(), "/cache", false))
                              .file(FileMount.readOnly("/cache/place/key", new byte[0])))
                  .text();
        } catch (BuildFailure _) {
          // What is gone at that moment cannot be mounted on.
        }
        assertThat(text).doesNotContain("of the host");
      }
    } finally {
      done.set(true);
      other.join();
    }
    assertThat(outside.resolve("hosts")).hasContent("of the host");
    try (Stream<Path> names = Files.list(outside)) {
      assertThat(names.map(p -> p.getFileName().toString())).containsExactly("hosts");
    }
  }

  private static void deleteQuietly(Path path) {
    try (Stream<Path> walk = Files.walk(path)) {
      for (Path below : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(below);
      }
    } catch (IOException | UncheckedIOException _) {
      // Gone, or in use by the step.
    }
  }

  @Test
  void loopbackServicesAreOutOfReachWithoutANetwork() throws Exception {
    if (!rig.mounts) { // tier C has the network of the executor's container, and says so
      assertThatThrownBy(() -> rig.sh("true", b -> b.network(NetworkMode.NONE)))
          .isInstanceOf(BuildFailure.class)
          .hasMessageContaining("needs a namespace");
      return;
    }
    try (ServerSocket service = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Rig.Run run =
          rig.sh(
              "nc -w 1 127.0.0.1 "
                  + service.getLocalPort()
                  + " </dev/null && echo REACHED; echo tried",
              b -> b.network(NetworkMode.NONE));
      assertThat(run.text()).isEqualTo("tried\n");
    }
  }

  @Test
  void thereAreManyRows() {
    assertThat(rows().stream().map(Row::name)).hasSizeGreaterThan(60).doesNotHaveDuplicates();
  }
}
