package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a step reads and writes, through pipes and on its terminal. */
abstract class LauncherStreams extends LauncherEndings {

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
    assumeTrue(passesEarlySizesOn(), "a runtime that forgets the change");
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
}
