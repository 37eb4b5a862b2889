package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** How steps end, by themselves and by others, and that nothing of them is left then. */
abstract class LauncherEndings extends LauncherSteps {

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
  void nothingOfAStepOutlivesIt() {
    Rig.Run run =
        rig.sh(
            "(setsid "
                + Sleepers.sleep(1000)
                + " &) ; "
                + Sleepers.sleep(1000)
                + " & echo started");
    assertThat(run.text()).isEqualTo("started\n");
    assertThat(run.result().exitCode()).isZero();
    assertThat(Sleepers.alive(1000)).isZero();
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

  @Test
  void killEndsWhatNoOtherSignalEnds() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    StepRequest request =
        rig.request(
                "/bin/sh",
                "-c",
                "trap '' TERM INT HUP; setsid sh -c 'trap \"\" TERM; "
                    + Sleepers.sleep(1001)
                    + "' & "
                    + "(while :; do "
                    + Sleepers.sleep(1001)
                    + "; done) & echo up; while :; do "
                    + Sleepers.sleep(1001)
                    + "; done")
            .build();
    try (RunningStep step = rig.launcher.start(request, (_, _) -> running.countDown())) {
      assertThat(running.await(120, TimeUnit.SECONDS)).isTrue();
      step.kill();
      StepResult result = step.await();
      assertThat(result.killed()).isTrue();
      assertThat(result.succeeded()).isFalse();
    }
    assertThat(Sleepers.alive(1001)).isZero();
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
        rig.launcher.start(
            rig.request("/bin/sh", "-c", "echo x; " + Sleepers.sleep(1003)).build(), sink)) {
      assertThatThrownBy(step::await).hasMessage("log disk is full");
    }
    assertThat(Sleepers.alive(1003)).isZero();
  }
}
