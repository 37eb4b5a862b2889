package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.opentest4j.TestAbortedException;

@Timeout(180)
class ForkedContractTest {

  @Test
  void attemptThatNeverEndsIsInterruptedAndFails() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    String line =
        ForkedContract.run(
            "hangs",
            Duration.ofMillis(50),
            () -> {
              try {
                new CountDownLatch(1).await();
              } catch (InterruptedException e) {
                interrupted.countDown();
              }
            });
    assertThat(line).startsWith("FAIL hangs ").contains("50 ms");
    assertThat(interrupted.await(30, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void lineSaysHowItWent() {
    AtomicBoolean ran = new AtomicBoolean();
    Duration limit = Duration.ofSeconds(30);
    assertThat(ForkedContract.run("a", limit, () -> ran.set(true))).isEqualTo("PASS a");
    assertThat(ran).isTrue();
    assertThat(
            ForkedContract.run(
                "b",
                limit,
                () -> {
                  throw new TestAbortedException("no way");
                }))
        .isEqualTo("SKIP b TestAbortedException: no way");
    assertThat(
            ForkedContract.run(
                "c",
                limit,
                () -> {
                  throw new AssertionError("1\n2");
                }))
        .isEqualTo("FAIL c AssertionError: 1 2");
  }
}
