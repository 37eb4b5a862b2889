package dev.jbuild.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.store.CheckReport;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.Store;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Work on a store whose disk fills up or fails at random points. Each piece of it is done, or
 * refused in words; what was done stays.
 *
 * <p>{@code DISK_TRIALS} in the environment is the number of trials, {@code CRASH_SEED} chooses
 * others.
 */
@Tag("root")
class DiskTrialsIT {
  private static final int TRIALS =
      Integer.parseInt(System.getenv().getOrDefault("DISK_TRIALS", "12"));
  private static final long SEED =
      Long.parseLong(System.getenv().getOrDefault("CRASH_SEED", "20261126"));
  private static final int MIB = 1 << 20;

  /** ENOMEM is what ext4 makes of a block of its own that lies after the end of the device. */
  private static final String NOT_WRITTEN =
      "[Ii]nput/output error.*|Cannot allocate memory|out of memory.*|[Ss]tructure needs"
          + " cleaning.*";

  @TempDir private Path temp;
  private final Promises promises = new Promises();
  private final List<String> refusals = new ArrayList<>();
  private int done;

  /** Works until something is refused, or enough is done. */
  private void workOn(Path root, StoreWork work, int most, String refusal) {
    for (int i = 0; i < most; i++) {
      Throwable thrown =
          catchThrowable(() -> {
            try (Store store = Store.open(root, "worker")) {
              work.step(store);
            }
          });
      if (thrown == null) {
        done++;
        continue;
      }
      assertThat(thrown)
          .as("seed %d", SEED)
          .isInstanceOfSatisfying(
              BuildFailure.class,
              failure -> assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE));
      assertThat(thrown.getMessage()).as("seed %d", SEED).matches("(?s).*(" + refusal + ")");
      refusals.add(thrown.getMessage());
      return;
    }
  }

  private void sayHowMany(String what) {
    assertThat(refusals).as("the disk never mattered").isNotEmpty();
    System.out.printf(
        "tally: %s: %d trials, %d pieces of work done, %d refused, none lost%n",
        what, TRIALS, done, refusals.size());
  }

  @Test
  void whatADiskHasNoRoomForIsRefusedAndTheSpaceComesBack() throws Exception {
    SplittableRandom random = new SplittableRandom(SEED);
    try (SmallDisk disk = SmallDisk.mount(temp, 64)) {
      Path root = disk.path().resolve("store");
      for (int trial = 0; trial < TRIALS; trial++) {
        StoreWork work = new StoreWork("w" + trial, random.split(), promises::take);
        workOn(root, work, 3, "none of these is refused");
        disk.fill(random.nextInt(1 << random.nextInt(12, 22)));
        workOn(root, work, 30, "[Nn]o space left on .*");
        try (Store store = Store.open(root, "on the full disk")) {
          store.prune(PruneOptions.everything());
        }
        disk.empty();
        try (Store store = Store.open(root, "with room again")) {
          assertThat(disk.usable()).as("space that came back").isGreaterThan(32L * MIB);
          CheckReport report = store.check(false);
          assertThat(report.isClean())
              .as("trial %d of seed %d: %s", trial, SEED, report.findings())
              .isTrue();
          promises.assertKept(store, "trial " + trial);
          work.step(store);
          promises.halve(store);
        }
      }
      sayHowMany("full disk (ENOSPC)");
    }
  }

  @Test
  void whatADiskCannotWriteIsRefusedAndWhatWasWrittenStays() throws Exception {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int trial = 0; trial < TRIALS; trial++) {
      Promises before = new Promises();
      Promises after = new Promises();
      boolean[] broken = {false};
      StoreWork work =
          new StoreWork("w", random.split(), line -> (broken[0] ? after : before).take(line));
      try (SmallDisk disk = SmallDisk.mount(temp, 64)) {
        Path root = disk.path().resolve("store");
        workOn(root, work, 3, "none of these is refused");
        disk.cut(random.nextInt(3, 8));
        broken[0] = true;
        workOn(root, work, 40, NOT_WRITTEN);
        assertKeptIfItOpens(root, after, "trial %d of seed %d".formatted(trial, SEED));
      }
    }
    sayHowMany("failing disk (EIO)");
  }

  /** What every command begins with may itself be on the part of the disk that is gone. */
  private static void assertKeptIfItOpens(Path root, Promises promises, String when) {
    try (Store store = Store.open(root, "check")) {
      promises.assertKept(store, when);
    } catch (BuildFailure e) {
      assertThat(e.text()).as(when).matches("open store .*(" + NOT_WRITTEN + ")");
    }
  }
}
