package dev.jbuild.cli;

import dev.jbuild.cli.progress.Figures;
import dev.jbuild.store.StoreUsage;
import dev.jbuild.store.StoredItem;
import java.io.PrintStream;
import java.time.Instant;
import java.util.Locale;
import picocli.CommandLine.Option;

/** {@code jbuild du}: what takes room in the store, and what keeps it. */
@picocli.CommandLine.Command
final class DuCommand extends Command {
  private static final int SHOWN = 20;

  @Option(names = "--verbose", description = "every item, not only the largest")
  boolean verbose;

  @Override
  int run(Session session) {
    StoreUsage usage = session.store().usage();
    PrintStream out = session.console().out();
    Table table = new Table("SIZE", "KIND", "NAME", "LAST USED", "HELD BY");
    Instant now = Instant.now();
    int shown = verbose ? usage.items().size() : Math.min(SHOWN, usage.items().size());
    for (StoredItem item : usage.items().subList(0, shown)) {
      table.row(
          Figures.size(item.bytes()),
          item.kind().name().toLowerCase(Locale.ROOT).replace('_', ' '),
          Show.digest(item.name()),
          Show.age(item.lastUsed(), now),
          item.isHeld() ? String.join(", ", item.heldBy()) : "-");
    }
    table.print(out);
    if (shown < usage.items().size()) {
      out.println("and " + (usage.items().size() - shown) + " smaller ones (--verbose)");
    }
    out.println(
        "in all      "
            + Figures.size(usage.total())
            + ", of which "
            + Figures.size(usage.overhead())
            + " for the index, locks and directories");
    out.println("reclaimable " + Figures.size(usage.reclaimable()));
    return Jbuild.OK;
  }
}
