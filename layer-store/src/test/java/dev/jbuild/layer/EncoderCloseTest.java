package dev.jbuild.layer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An encoder that is given up has ended all its work once it is closed. */
@Timeout(180)
class EncoderCloseTest {
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch mayEnd = new CountDownLatch(1);
  private final AtomicBoolean ended = new AtomicBoolean();
  private final ExecutorService threads =
      new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>()) {
        @Override
        public <T> Future<T> submit(Callable<T> task) {
          return super.submit(() -> {
            T result = task.call();
            work();
            return result;
          });
        }
      };
  private boolean slowThreads;

  private void work() {
    if (slowThreads) {
      hold();
    }
  }

  /** Work that no interrupt ends. */
  private void hold() {
    begun.countDown();
    boolean interrupted = false;
    while (mayEnd.getCount() > 0) {
      try {
        mayEnd.await();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    ended.set(true);
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @AfterEach
  void stop() {
    mayEnd.countDown();
    threads.shutdown();
  }

  @Test
  void estargzWaitsForTheSink() throws Exception {
    OutputStream sink =
        new OutputStream() {
          @Override
          public void write(int b) {
            hold();
          }

          @Override
          public void write(byte[] bytes, int offset, int length) {
            hold();
          }
        };
    EstargzEncoder encoder = new EstargzEncoder(sink, 4, threads, 1);
    Thread owner =
        Thread.ofPlatform()
            .start(() -> {
              try {
                encoder.finish(ByteBuffer.allocate(1024));
              } catch (IOException e) {
                Thread.interrupted();
              }
            });
    begun.await();
    owner.interrupt();
    owner.join();
    closeWaits(encoder);
  }

  @Test
  void gzipWaitsForItsPieces() throws Exception {
    slowThreads = true;
    GzipEncoder encoder = new GzipEncoder(OutputStream.nullOutputStream(), 4, threads, 1);
    encoder.block(ByteBuffer.allocate(1024), () -> {});
    begun.await();
    closeWaits(encoder);
  }

  private void closeWaits(BlockEncoder encoder) throws InterruptedException {
    AtomicBoolean endedAtClose = new AtomicBoolean();
    Thread closer =
        Thread.ofPlatform()
            .start(() -> {
              encoder.close();
              endedAtClose.set(ended.get());
            });
    while (closer.getState() != Thread.State.WAITING && closer.isAlive()) {
      Thread.onSpinWait();
    }
    mayEnd.countDown();
    closer.join();
    assertThat(endedAtClose).isTrue();
  }
}
