package dev.jbuild.cli.progress;

import dev.jbuild.engine.event.BuildEvent;
import java.io.PrintStream;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * A build on a terminal, as it goes: see {@link LiveView}. Drawn by a thread of its own some times
 * a second, so that a slow terminal does not hold up the build.
 */
public final class TtyProgress implements Progress {
  private static final long BETWEEN_MILLIS = 100;

  private final PrintStream err;
  private final Supplier<Window> window;
  private final InstantSource clock;
  private final OutputTails tails = new OutputTails();
  private final LiveView view;
  private final LiveScreen screen;
  private final ReentrantLock lock = new ReentrantLock();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** The size of the terminal's window. */
  public record Window(int rows, int columns) {}

  /**
   * On a terminal.
   *
   * @param work what is being done: {@code building}
   * @param window asked before each frame
   * @param colors whether lines are coloured
   */
  public TtyProgress(
      PrintStream err, String work, Supplier<Window> window, boolean colors, InstantSource clock) {
    this.err = err;
    this.view = new LiveView(work);
    this.window = window;
    this.clock = clock;
    this.screen = new LiveScreen(colors);
    Thread.ofPlatform().daemon().name("progress").start(this::drawUntilClosed);
  }

  @Override
  public void on(BuildEvent event) {
    tails.on(event);
    lock.lock();
    try {
      view.on(event);
    } finally {
      lock.unlock();
    }
  }

  private void drawUntilClosed() {
    try {
      do {
        draw();
      } while (!closed.await(BETWEEN_MILLIS, TimeUnit.MILLISECONDS));
    } catch (InterruptedException _) {
      Thread.currentThread().interrupt();
    }
  }

  private void draw() {
    lock.lock();
    try {
      if (closed.getCount() > 0) {
        Window size = window.get();
        LiveView.Frame frame = view.frame(clock.instant(), size.rows(), size.columns());
        write(screen.show(frame, size.columns()));
      }
    } finally {
      lock.unlock();
    }
  }

  /** The cursor is shown again however the build ended. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (closed.getCount() > 0) {
        draw();
        write(screen.end(window.get().columns()));
        closed.countDown();
        tails.failed().ifPresent(tail -> tail.print(err));
      }
    } finally {
      lock.unlock();
    }
  }

  private void write(String text) {
    if (!text.isEmpty()) {
      byte[] bytes = Lines.utf8(text);
      err.write(bytes, 0, bytes.length);
      err.flush();
    }
  }
}
