package dev.jbuild.layer;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that deflate, shared by all layers in the making so that ten layers at once do not
 * ask for ten times the cores. Platform threads: the work never waits, and would keep virtual
 * threads' carriers from everyone else. They end when idle and hold no process up.
 */
final class CompressionThreads {
  static final int CORES = Runtime.getRuntime().availableProcessors();

  private static final ExecutorService POOL = create();

  private CompressionThreads() {}

  static ExecutorService pool() {
    return POOL;
  }

  private static ExecutorService create() {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            CORES,
            CORES,
            5,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().name("jbuild-deflate-", 0).daemon().factory());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}
