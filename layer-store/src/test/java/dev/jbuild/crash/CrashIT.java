package dev.jbuild.crash;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.CheckReport;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
 * <p>{@code -Djbuild.crash.kills=300} for the long version.
 */
@Tag("root")
class CrashIT {
  private static final int KILLS = Integer.getInteger("jbuild.crash.kills", 12);
  private static final long SEED = Long.getLong("jbuild.crash.seed", 20261123L);
  private static final int LONGEST_MILLIS = 400;

  @TempDir private Path root;
  @TempDir private Path logs;

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
    void kill(Map<String, String> promised) throws Exception {
      process.destroyForcibly().waitFor();
      for (String line : Files.readString(log, UTF_8).lines().toList()) {
        String[] words = line.split(" ", -1);
        switch (words[0]) {
          case "tagged" -> promised.put(words[1], words[2]);
          case "removing" -> promised.remove(words[1]);
          default -> {
            // Progress, of which nothing is left to see.
          }
        }
      }
      assertThat(process.exitValue()).as("%s ended by the kill", name).isEqualTo(137);
    }
  }

  @Test
  void nothingThatWasDoneIsLostWhenProcessesDie() throws Exception {
    Assumptions.assumeTrue(
        "root".equals(System.getProperty("user.name")), "needs root, for owners of unpacked files");
    SplittableRandom random = new SplittableRandom(SEED);
    Map<String, String> promised = new HashMap<>();
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
        victim.kill(promised);
        check(promised, kill);
      }
    } finally {
      for (Worker worker : workers) {
        worker.kill(promised);
      }
    }
    check(promised, KILLS);
    try (Store store = Store.open(root, "last")) {
      store.prune(PruneOptions.everything());
      assertThat(store.check(false).findings()).isEmpty();
    }
    System.out.println("killed " + KILLS + " times, " + promised.size() + " images kept");
  }

  private void check(Map<String, String> promised, int kill) {
    try (Store store = Store.open(root, "check after kill " + kill)) {
      CheckReport report = store.check(false);
      assertThat(report.isClean())
          .as("kill %d of seed %d: %s", kill, SEED, report.findings())
          .isTrue();
      for (Map.Entry<String, String> each : promised.entrySet()) {
        assertThat(store.tags().get(each.getKey()).map(Descriptor::digest).map(Object::toString))
            .as("kill %d: tag %s", kill, each.getKey())
            .contains(each.getValue());
        assertThat(new Images(store).get(each.getKey()).manifest().layers())
            .allSatisfy(layer -> assertThat(store.blobs().contains(layer.digest())).isTrue());
      }
      Descriptor blob =
          store.blobs().put(MediaType.OCI_MANIFEST, ("{\"n\":" + kill + "}").getBytes(UTF_8));
      store.tags().put("next:1", blob);
      assertThat(store.tags().remove("next:1")).isTrue();
    }
    // Keeps the store small, and the checks short.
    if (kill % 20 == 19) {
      try (Store store = Store.open(root, "trim")) {
        List<String> old = promised.keySet().stream().sorted().toList();
        for (String tag : old.subList(0, old.size() / 2)) {
          promised.remove(tag);
          store.tags().remove(tag);
        }
        store.prune(PruneOptions.everything());
      }
    }
  }
}
