package dev.jbuild.cli;

import dev.jbuild.cli.progress.Figures;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.PruneReport;
import java.io.PrintStream;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code jbuild prune}: removes what no tag and no running build holds, the oldest first. */
@picocli.CommandLine.Command
final class PruneCommand extends Command {
  private static final Pattern AGE = Pattern.compile("(\\d+)(s|m|h|d)");

  @Option(
      names = "--keep-storage",
      paramLabel = "SIZE",
      description = "stop when the store takes no more than this")
  @Nullable String keep;

  @Option(
      names = "--unused-for",
      paramLabel = "AGE",
      description = "leave what was used within this time, such as 12h or 7d")
  @Nullable String unusedFor;

  @Override
  int run(Session session) {
    OptionalLong bytes =
        keep == null
            ? OptionalLong.empty()
            : OptionalLong.of(Quantities.bytes("--keep-storage", keep));
    Duration age = unusedFor == null ? Duration.ZERO : age(unusedFor);
    PruneReport report = session.store().prune(new PruneOptions(bytes, age));
    PrintStream out = session.console().out();
    out.println("removed " + report.removed().size() + " items, " + Figures.size(report.freed()));
    out.println("left    " + Figures.size(report.remaining()));
    long several = report.remaining();
    for (PruneReport.Pin pin : report.pins()) {
      several -= pin.alone();
      out.println(
          "held by "
              + pin.holder()
              + ": "
              + Figures.size(pin.bytes())
              + ", of which "
              + Figures.size(pin.alone())
              + " by nothing else");
    }
    if (!report.pins().isEmpty()) {
      out.println("held by several of these: " + Figures.size(several));
    }
    return Jbuild.OK;
  }

  private static Duration age(String text) {
    Matcher matcher = AGE.matcher(text);
    if (!matcher.matches()) {
      throw new UsageError(
          "--unused-for \"" + text + "\" is not an age", "write it as 30m, 12h or 7d");
    }
    long number = Quantities.whole("--unused-for", matcher.group(1));
    return switch (matcher.group(2)) {
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }
}
