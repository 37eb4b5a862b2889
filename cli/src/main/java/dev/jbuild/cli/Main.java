package dev.jbuild.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The process: runs {@link Jbuild} and turns SIGINT and SIGTERM into cancellation. */
public final class Main {
  /** For how long a cancelled command may clean up. */
  private static final long GRACE_SECONDS = 20;

  private Main() {}

  public static void main(String[] args) {
    Console console = Console.system();
    Thread worker = Thread.currentThread();
    CountDownLatch done = new CountDownLatch(1);
    AtomicBoolean ending = new AtomicBoolean();
    // A signal makes the JVM run its hooks and then end with 128 + signal. The hook interrupts the
    // command and holds the JVM back until it has cleaned up.
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("interruption")
                .unstarted(() -> {
                  if (ending.compareAndSet(false, true)) {
                    worker.interrupt();
                    await(done);
                  }
                }));
    int code;
    try {
      code = new Jbuild(console).run(args);
    } finally {
      done.countDown();
    }
    console.out().flush();
    console.err().flush();
    if (ending.compareAndSet(false, true)) {
      System.exit(code);
    }
  }

  private static void await(CountDownLatch done) {
    try {
      if (!done.await(GRACE_SECONDS, TimeUnit.SECONDS)) {
        System.err.println("error: the command did not stop in " + GRACE_SECONDS + " s; ended");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
