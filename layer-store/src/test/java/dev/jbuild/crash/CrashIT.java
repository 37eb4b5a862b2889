package dev.jbuild.crash;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.CheckReport;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Kills processes at random points while they work on one store. Afterwards the next command works,
 * the check is clean, and what was reported done is there.
 *
 * <p>{@code CRASH_KILLS} in the environment is the number of kills, {@code CRASH_SEED} chooses
 * other points. The suite tests/e2e/crash does the same to the command.
 */
@Tag("root")
class CrashIT {
  private static final int KILLS =
      Integer.parseInt(System.getenv().getOrDefault("CRASH_KILLS", "12"));
  private static final long SEED =
      Long.parseLong(System.getenv().getOrDefault("CRASH_SEED", "20261123"));
  private static final int LONGEST_MILLIS = 400;

  @TempDir private Path root;
  @TempDir private Path logs;
  private final Promises promises = new Promises();

  /** A worker and what it has promised. */
  private final class Worker {
    private final String name;
    private final Process process;
    private final Path log;

    Worker(String name, long seed) throws IOException, InterruptedException {
      this.name = name;
      log = Files.createTempFile(logs, name, ".log");
      process =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx192m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  System.getProperty("java.class.path"),
                  CrashWorker.class.getName(),
                  root.toString(),
                  name,
                  Long.toString(seed))
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .redirectOutput(log.toFile())
              .start();
      while (Files.size(log) == 0) {
        assertThat(process.waitFor(1, TimeUnit.MILLISECONDS)).as("worker starts").isFalse();
      }
    }

    /** Kills the worker and takes down what it had reported by then. */
    void kill() throws Exception {
      process.destroyForcibly().waitFor();
      Files.readString(log, UTF_8).lines().forEach(promises::take);
      assertThat(process.exitValue()).as("%s ended by the kill", name).isEqualTo(137);
    }
  }

  @Test
  void nothingThatWasDoneIsLostWhenProcessesDie() throws Exception {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")), "needs root, for owners of unpacked files");
    SplittableRandom random = new SplittableRandom(SEED);
    List<Worker> workers = new ArrayList<>();
    try {
      for (int kill = 0; kill < KILLS; kill++) {
        while (workers.size() < 2) {
          workers.add(new Worker("w" + workers.size() + kill, random.nextLong()));
        }
        Worker victim = workers.remove(random.nextInt(workers.size()));
        assertThat(victim.process.waitFor(random.nextInt(LONGEST_MILLIS), TimeUnit.MILLISECONDS))
            .as("worker lives until it is killed")
            .isFalse();
        victim.kill();
        check(kill);
      }
    } finally {
      for (Worker worker : workers) {
        worker.kill();
      }
    }
    check(KILLS);
    try (Store store = Store.open(root, "last")) {
      store.prune(PruneOptions.everything());
      assertThat(store.check(false).findings()).isEmpty();
    }
    System.out.println(
        "tally: crash: %d kills of processes that work on a store, %d images were done, none lost"
            .formatted(KILLS, promises.given()));
  }

  private void check(int kill) {
    try (Store store = Store.open(root, "check after kill " + kill)) {
      CheckReport report = store.check(false);
      assertThat(report.isClean())
          .as("kill %d of seed %d: %s", kill, SEED, report.findings())
          .isTrue();
      promises.assertKept(store, "kill " + kill);
      Descriptor blob =
          store.blobs().put(MediaType.OCI_MANIFEST, ("{\"n\":" + kill + "}").getBytes(UTF_8));
      store.tags().put("next:1", blob);
      assertThat(store.tags().remove("next:1")).isTrue();
    }
    if (kill % 20 == 19) {
      try (Store store = Store.open(root, "trim")) {
        promises.halve(store);
        store.prune(PruneOptions.everything());
      }
    }
  }
}
