package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.failure.BuildFailure;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What every launcher does, at every tier. */
@Timeout(180)
abstract class LauncherContract {
  private static final String UNIQUE = "." + System.nanoTime();

  @TempDir Path dir;
  Rig rig;

  /** Makes the launcher under test, or skips with the reason. */
  abstract Rig rig(Path folder);

  /** Whether a terminal is told that its window has changed. */
  boolean passesSizesOn() {
    return true;
  }

  @BeforeEach
  void makeRig() {
    rig = rig(dir);
  }

  @Test
  void exitCodeIsTheProgramsOwn() {
    assertThat(rig.sh("exit 0").result().exitCode()).isZero();
    assertThat(rig.sh("exit 3").result().exitCode()).isEqualTo(3);
  }

  @Test
  void endBySignalIsNamed() {
    // A pid 1 gets no signal that it does not handle; a runtime passes on what its shell saw.
    StepResult result =
        rig.sh(rig.initIsTheStep ? "sh -c 'kill -SEGV $$'; exit $?" : "kill -SEGV $$").result();
    assertThat(result.exitCode()).isEqualTo(139);
    assertThat(result.signal()).contains("SIGSEGV");
  }

  @Test
  void programThatIsMissingEndsWith127AndItsName() {
    StepResult result = rig.run(rig.request("no-such-program").build()).result();
    assertThat(result.exitCode()).isEqualTo(127);
    assertThat(result.explanation()).get().asString().containsPattern("[\"`]no-such-program[\"`]");
  }

  @Test
  void programThatMayNotBeExecutedEndsWith126() {
    StepResult result = rig.run(rig.request("/etc/passwd").build()).result();
    assertThat(result.exitCode()).isEqualTo(126);
  }

  @Test
  void standardInputIsEmpty() {
    assertThat(rig.sh("cat | wc -c").text().strip()).isEqualTo("0");
  }

  @Test
  void inputComesThroughAPipeToItsEnd() throws Exception {
    byte[] much = new byte[300_000];
    new Random(3).nextBytes(much);
    StepRequest request =
        rig.request("/bin/sh", "-c", "cat >/tmp/in; wc -c </tmp/in; cat /tmp/in >&2")
            .input(new StepInput.Pipe())
            .build();
    try (Rig.Talk talk = rig.new Talk(request)) {
      talk.say(much);
      Rig.Run run = talk.end();
      assertThat(run.text().strip()).isEqualTo("300000");
      assertThat(run.stderr().toByteArray()).isEqualTo(much);
    }
  }

  @Test
  void inputThatNobodyReadsHoldsNothingUp() throws Exception {
    StepRequest request =
        rig.request("/bin/sh", "-c", "exec <&-; exit 3").input(new StepInput.Pipe()).build();
    try (Rig.Talk talk = rig.new Talk(request)) {
      talk.say(new byte[300_000]);
      assertThat(talk.end().result().exitCode()).isEqualTo(3);
    }
  }

  @Test
  void terminalIsTheStepsOwnWithItsWindowAndItsInterrupt() throws Exception {
    String script =
        // A runtime passes a size on in its own time.
        "until busybox stty size 2>/dev/null | grep '^33 101'; do usleep 20000; done;"
            + " [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo three; echo up >/dev/tty;"
            + " trap 'echo caught; exit 5' INT; read line; echo got $line; read line;"
            + (passesSizesOn()
                ? " until busybox stty size | grep '^40 120'; do usleep 20000; done;"
                : "")
            + " echo ready; while :; do sleep 1; done";
    StepRequest request =
        rig.request("/bin/sh", "-c", script).input(new StepInput.Terminal(33, 101)).build();
    try (Rig.Talk talk = rig.new Talk(request)) {
      talk.say("hello\n".getBytes(StandardCharsets.UTF_8));
      talk.hear("got hello");
      talk.step.resize(40, 120);
      talk.say((byte) '\n');
      talk.hear("ready");
      talk.say((byte) 3);
      Rig.Run run = talk.end();
      assertThat(run.lines().stream().map(String::strip))
          .contains("three", "33 101", "up", "got hello", "^Ccaught")
          .contains(passesSizesOn() ? "40 120" : "33 101");
      assertThat(run.result().exitCode()).isEqualTo(5);
    }
  }

  @Test
  void aWindowThatChangesBeforeTheTerminalIsThereIsNotForgotten() throws Exception {
    assumeTrue(passesSizesOn(), "a runtime that passes no change of a window's size on");
    StepRequest request =
        rig.request(
                "/bin/sh",
                "-c",
                "for i in $(seq 100); do busybox stty size | grep '^40 120' && exit 7;"
                    + " usleep 20000; done")
            .input(new StepInput.Terminal(33, 101))
            .build();
    try (Rig.Talk talk = rig.new Talk(request)) {
      talk.step.resize(40, 120);
      assertThat(talk.end().result().exitCode()).isEqualTo(7);
    }
  }

  @Test
  void bothStreamsArriveApart() {
    Rig.Run run = rig.sh("echo out; echo err >&2");
    assertThat(run.text()).isEqualTo("out\n");
    assertThat(run.errors()).isEqualTo("err\n");
  }

  @Test
  void streamsCanBeReopenedByName() {
    Rig.Run run =
        rig.sh(
            "echo a > /dev/stdout; echo b > /dev/stderr; echo c > /proc/self/fd/1",
            b -> b.user(new ResolvedUser(1000, 1000, List.of(), "/")));
    assertThat(run.text()).isEqualTo("a\nc\n");
    assertThat(run.errors()).isEqualTo("b\n");
  }

  @Test
  void everyByteValuePassesThrough() {
    byte[] all = new byte[256];
    for (int i = 0; i < 256; i++) {
      all[i] = (byte) i;
    }
    Rig.Run run =
        rig.run(rig.request("/bin/cat", "/all").file(FileMount.readOnly("/all", all)).build());
    assertThat(run.stdout().toByteArray()).isEqualTo(all);
  }

  @Test
  void largeOutputIsNeitherLostNorHeld() throws Exception {
    AtomicLong bytes = new AtomicLong();
    StepRequest request =
        rig.request("/bin/sh", "-c", "dd if=/dev/zero bs=1M count=256 2>/dev/null").build();
    try (RunningStep step =
        rig.launcher.start(request, (_, chunk) -> bytes.addAndGet(chunk.remaining()))) {
      assertThat(step.await().exitCode()).isZero();
    }
    assertThat(bytes).hasValue(256L << 20);
  }

  @Test
  void outputOfTheLastMomentIsNotLost() {
    String big = "x".repeat(100_000);
    Rig.Run run =
        rig.run(
            rig.request("/bin/sh", "-c", "cat /big; cat /big >&2; exit 7")
                .file(FileMount.readOnly("/big", big.getBytes(StandardCharsets.US_ASCII)))
                .build());
    assertThat(run.result().exitCode()).isEqualTo(7);
    assertThat(run.text()).isEqualTo(big);
    assertThat(run.errors()).isEqualTo(big);
  }

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
  void nothingOfAStepOutlivesIt() {
    Rig.Run run = rig.sh("(setsid " + sleep(1000) + " &) ; " + sleep(1000) + " & echo started");
    assertThat(run.text()).isEqualTo("started\n");
    assertThat(run.result().exitCode()).isZero();
    assertThat(processesNamed(sleep(1000))).isZero();
  }

  @Test
  void killEndsWhatNoOtherSignalEnds() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    StepRequest request =
        rig.request(
                "/bin/sh",
                "-c",
                "trap '' TERM INT HUP; setsid sh -c 'trap \"\" TERM; "
                    + sleep(1001)
                    + "' & "
                    + "(while :; do "
                    + sleep(1001)
                    + "; done) & echo up; while :; do "
                    + sleep(1001)
                    + "; done")
            .build();
    try (RunningStep step = rig.launcher.start(request, (_, _) -> running.countDown())) {
      assertThat(running.await(120, TimeUnit.SECONDS)).isTrue();
      step.kill();
      StepResult result = step.await();
      assertThat(result.killed()).isTrue();
      assertThat(result.succeeded()).isFalse();
    }
    assertThat(processesNamed(sleep(1001))).isZero();
  }

  @Test
  void killEndsAStepWhoseOutputNobodyTakes() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    AtomicBoolean first = new AtomicBoolean(true);
    OutputSink sink =
        (_, _) -> {
          if (first.getAndSet(false)) {
            stuck.countDown();
            try {
              free.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        };
    try (RunningStep step = rig.launcher.start(rig.request("yes").build(), sink)) {
      assertThat(stuck.await(120, TimeUnit.SECONDS)).isTrue();
      step.kill();
      free.countDown();
      assertThat(step.await().killed()).isTrue();
    }
  }

  @Test
  void timeOutEndsTheStepAndSaysSo() {
    String output = "";
    // The time counts from the launch: on a busy machine a short one may be over before the echo.
    for (int millis = 1500; output.isEmpty() && millis < 100_000; millis *= 4) {
      Duration time = Duration.ofMillis(millis);
      Rig.Run run = rig.sh("echo before; sleep 1002", b -> b.timeout(time));
      assertThat(run.result().timedOut()).isTrue();
      assertThat(run.result().explanation()).contains("timed out after " + millis / 1000.0 + " s");
      assertThat(run.result().succeeded()).isFalse();
      output = run.text();
    }
    assertThat(output).isEqualTo("before\n");
  }

  @Test
  void signalReachesTheFirstProcess() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    StepRequest request =
        rig.request("/bin/sh", "-c", "trap 'exit 42' USR1; echo up; while :; do sleep 0.05; done")
            .build();
    try (RunningStep step = rig.launcher.start(request, (_, _) -> running.countDown())) {
      assertThat(running.await(120, TimeUnit.SECONDS)).isTrue();
      step.signal(10);
      assertThat(step.await().exitCode()).isEqualTo(42);
    }
  }

  @Test
  void whatASinkThrowsEndsTheStep() throws Exception {
    OutputSink sink =
        (_, _) -> {
          throw new BuildFailure(BuildFailure.Kind.UNAVAILABLE, "log disk is full");
        };
    try (RunningStep step =
        rig.launcher.start(rig.request("/bin/sh", "-c", "echo x; " + sleep(1003)).build(), sink)) {
      assertThatThrownBy(step::await).hasMessage("log disk is full");
    }
    assertThat(processesNamed(sleep(1003))).isZero();
  }

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
  void mountPointThatTheStepFilledStays() {
    rig.sh(
        "echo kept > /opt/here/../kept; true",
        b -> b.file(FileMount.readOnly("/opt/here/file", new byte[0])));
    assertThat(rig.upper.resolve("opt/kept")).exists();
    assertThat(rig.upper.resolve("opt/here")).doesNotExist();
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

  @Test
  void directoriesOfProcCanBeListed() {
    Rig.Run run =
        rig.sh(
            sleep(1003)
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

  @Test
  void deepForkTreesAreReaped() {
    Random random = new Random(5);
    int depth = 3 + random.nextInt(3);
    Rig.Run run =
        rig.sh(
            "f() { [ $1 -gt 0 ] && { f $(($1-1)) & f $(($1-1)) & }; sleep 0.01; }; f "
                + depth
                + "; echo end");
    assertThat(run.text()).isEqualTo("end\n");
  }

  /**
   * A command that sleeps long, and that no process of another test, or of somebody else on the
   * machine, has.
   */
  static String sleep(int seconds) {
    return "sleep " + seconds + UNIQUE;
  }

  /** Processes of the whole machine whose arguments hold these, whole. */
  static long processesNamed(String text) {
    return ProcessHandle.allProcesses()
        .filter(p -> {
          try {
            byte[] line = Files.readAllBytes(Path.of("/proc/" + p.pid() + "/cmdline"));
            return new String(line, StandardCharsets.UTF_8).replace('\0', ' ').contains(text + " ");
          } catch (IOException _) {
            return false;
          }
        })
        .filter(p -> p.pid() != ProcessHandle.current().pid())
        .count();
  }
}
