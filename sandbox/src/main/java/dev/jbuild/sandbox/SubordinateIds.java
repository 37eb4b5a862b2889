package dev.jbuild.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The ranges of /etc/subuid and /etc/subgid, lines {@code NAME:FIRST:COUNT} as subuid(5) has them.
 * Lines that are none are passed over, as newuidmap does.
 */
record SubordinateIds(List<Range> users, List<Range> groups) {

  /** The user whose ranges steps get. It need not exist: the files are about ids only. */
  static final String OWNER = "jbuild";

  /** What an image may use: nobody is 65534. */
  private static final int WHOLE = 65_536;

  /**
   * Where ranges begin that are given to nobody: above those that systemd takes for containers
   * (524288 to 1879048191), below 2^31.
   */
  private static final int UNUSED = 1_879_048_192;

  /** Where useradd begins. */
  private static final long LEAST = 100_000;

  /** A line. */
  record Range(String owner, long first, long count) {
    boolean overlaps(long from, long size) {
      return from < first + count && first < from + size;
    }

    boolean usable() {
      return first >= 1 && count >= 1 && first + count <= Integer.MAX_VALUE;
    }
  }

  static SubordinateIds ofMachine() {
    return new SubordinateIds(
        parse(read(Path.of("/etc/subuid"))), parse(read(Path.of("/etc/subgid"))));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException _) {
      return ""; // no subordinate ids
    }
  }

  static List<Range> parse(String text) {
    List<Range> ranges = new ArrayList<>();
    for (String line : text.lines().toList()) {
      String[] fields = line.strip().split(":", -1);
      if (fields.length == 3 && Stream.of(fields).skip(1).allMatch(f -> f.matches("\\d{1,10}"))) {
        ranges.add(new Range(fields[0], Long.parseLong(fields[1]), Long.parseLong(fields[2])));
      }
    }
    return ranges;
  }

  /** The largest range of {@link #OWNER}, where both files have one. */
  Optional<IdRange> owned() {
    return largest(users)
        .flatMap(user ->
            largest(groups)
                .map(group ->
                    new IdRange(
                        (int) user.first(),
                        (int) group.first(),
                        (int) Math.min(user.count(), group.count()))));
  }

  private static Optional<Range> largest(List<Range> ranges) {
    return ranges.stream()
        .filter(range -> range.owner().equals(OWNER) && range.usable())
        .max(Comparator.comparingLong(Range::count));
  }

  /** Ids for one more user, as useradd gives them: the next that are given to nobody. */
  IdRange next() {
    long first =
        Stream.concat(users.stream(), groups.stream())
            .filter(range -> range.first() < UNUSED)
            .mapToLong(range -> range.first() + range.count())
            .reduce(LEAST, Math::max);
    return new IdRange((int) first, (int) first, WHOLE);
  }

  boolean has(String user) {
    return Stream.of(users, groups)
        .allMatch(ranges -> ranges.stream().anyMatch(range -> range.owner().equals(user)));
  }

  /** The range for steps: that of {@link #OWNER}, else the lowest unused one. */
  IdRange choose() {
    return owned().orElseGet(this::unused);
  }

  private IdRange unused() {
    long first = UNUSED;
    while (first + 2L * WHOLE < Integer.MAX_VALUE && taken(first)) {
      first += WHOLE;
    }
    return new IdRange((int) first, (int) first, WHOLE);
  }

  private boolean taken(long first) {
    return Stream.concat(users.stream(), groups.stream())
        .anyMatch(range -> range.overlaps(first, WHOLE));
  }
}
