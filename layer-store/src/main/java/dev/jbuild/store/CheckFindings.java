package dev.jbuild.store;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * What a check has found so far, and the mending of it. Safe for many threads; repairs are made one
 * by one with the collector's lock taken alone.
 */
final class CheckFindings {
  private final StoreLayout layout;
  private final boolean repair;
  private final ReentrantLock reporting = new ReentrantLock();
  private final Map<String, CheckReport.Finding> findings = new LinkedHashMap<>();
  private final ReentrantLock repairing = new ReentrantLock();
  private @Nullable LockFile everything;

  CheckFindings(StoreLayout layout, boolean repair) {
    this.layout = layout;
    this.repair = repair;
  }

  /** Keeps the collector away until {@link #release}, but for repairs. */
  void holdEverything() throws IOException {
    everything = LockFile.shared(layout.collectorLock());
  }

  void release() {
    if (everything != null) {
      everything.close();
    }
  }

  /** What puts one thing right. */
  interface Repair {
    void run() throws IOException;
  }

  /**
   * Notes something that is wrong, and mends it if that is asked for; noted once, however often it
   * is found.
   *
   * @param object what it is about, such as {@code blob sha256:…}
   * @param cure done with nobody else in the store
   */
  void report(CheckReport.Severity severity, String object, String what, Repair cure)
      throws IOException {
    if (repair) {
      repair(cure);
    }
    reporting.lock();
    try {
      findings.put(object + "\n" + what, new CheckReport.Finding(severity, object, what, repair));
    } finally {
      reporting.unlock();
    }
  }

  /** The lock that holds everything is let go of for it, as it is the one that is needed alone. */
  private void repair(Repair cure) throws IOException {
    repairing.lock();
    try {
      if (everything != null) {
        everything.close();
      }
      try (var _ = LockFile.exclusive(layout.collectorLock())) {
        cure.run();
      } finally {
        if (everything != null) {
          everything = LockFile.shared(layout.collectorLock());
        }
      }
    } finally {
      repairing.unlock();
    }
  }

  List<CheckReport.Finding> all() {
    return List.copyOf(findings.values());
  }
}
