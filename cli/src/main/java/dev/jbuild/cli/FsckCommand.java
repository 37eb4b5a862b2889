package dev.jbuild.cli;

import dev.jbuild.store.CheckReport;
import java.io.PrintStream;
import java.util.Locale;
import picocli.CommandLine.Option;

/** {@code jbuild fsck}: reads the whole store and says what is wrong with it. */
@picocli.CommandLine.Command
final class FsckCommand extends Command {
  @Option(names = "--repair", description = "remove what is damaged, so that it is made again")
  boolean repair;

  @Override
  int run(Session session) {
    CheckReport report = session.store().check(repair);
    PrintStream out = session.console().out();
    for (CheckReport.Finding finding : report.findings()) {
      out.println(
          finding.severity().name().toLowerCase(Locale.ROOT)
              + ": "
              + finding.object()
              + ": "
              + finding.what()
              + (finding.repaired() ? " (repaired)" : ""));
    }
    out.println(
        report.blobs()
            + " blobs and "
            + report.layers()
            + " unpacked layers read, "
            + result(report));
    if (report.skipped() > 0) {
      out.println(
          report.skipped()
              + " unpacked layers not compared: the disk has no room for a fresh copy of them");
    }
    return report.isClean() ? Jbuild.OK : Jbuild.FAILED;
  }

  private static String result(CheckReport report) {
    int findings = report.findings().size();
    if (findings == 0) {
      return "all as they should be";
    }
    boolean repaired = report.findings().stream().allMatch(CheckReport.Finding::repaired);
    return findings + (findings == 1 ? " finding" : " findings") + (repaired ? ", repaired" : "");
  }
}
