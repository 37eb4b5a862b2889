package dev.jbuild.store;

import java.util.List;

/**
 * What a check of a store found.
 *
 * @param findings in the order in which they were met
 * @param blobs how many were read and hashed
 * @param layers how many unpacked layers were compared with what they must be
 * @param skipped how many were not, because the disk had no room for a fresh copy
 */
public record CheckReport(List<Finding> findings, long blobs, long layers, long skipped) {
  public CheckReport {
    findings = List.copyOf(findings);
  }

  /** How bad a finding is. */
  public enum Severity {
    /** Left behind by a process that died, of no effect; the collector removes it. */
    LEFTOVER,
    /** Wrong, but it can be made again from what is right: repairing loses nothing. */
    DAMAGED,
    /** An image or a layer is not whole any more; repairing removes what names it. */
    LOST
  }

  /**
   * One thing that is not as it should be.
   *
   * @param object what it is about: a blob, a layer, a tag, a file
   * @param what is wrong with it
   * @param repaired whether it was put right in this check
   */
  public record Finding(Severity severity, String object, String what, boolean repaired) {}

  /** Whether the store is sound: what dead processes leave behind does not count. */
  public boolean isClean() {
    return findings.stream()
        .allMatch(finding -> finding.severity() == Severity.LEFTOVER || finding.repaired());
  }
}
