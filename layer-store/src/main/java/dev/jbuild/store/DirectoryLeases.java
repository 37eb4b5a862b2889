package dev.jbuild.store;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Reads the lease files of all processes. */
final class DirectoryLeases implements Leases {
  private final StoreLayout layout;

  DirectoryLeases(StoreLayout layout) {
    this.layout = layout;
  }

  /** What a lease holds, in the words of its file: {@code "blob sha256:…"}. */
  record Holding(Lease lease, Set<String> held) {
    Holding {
      held = Set.copyOf(held);
    }
  }

  @Override
  public List<Lease> list() {
    try (var _ = LockFile.shared(layout.collectorLock())) {
      return holdings(false).stream().map(Holding::lease).toList();
    } catch (IOException e) {
      throw DiskFailures.of("read the leases of " + layout.root(), e);
    }
  }

  /**
   * All live leases with what they hold; the caller has the collector's lock.
   *
   * @param removeDead whether to remove the files of leases whose process is dead
   */
  List<Holding> holdings(boolean removeDead) throws IOException {
    List<Holding> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(layout.leases())) {
      for (Path file : files.toList()) {
        if (isAlive(file, removeDead)) {
          read(file).ifPresent(all::add);
        }
      }
    }
    all.sort(Comparator.comparing(holding -> holding.lease().since()));
    return all;
  }

  private static boolean isAlive(Path file, boolean removeDead) throws IOException {
    if (!Files.exists(file)) {
      return false;
    }
    Optional<LockFile> dead = LockFile.tryExclusive(file);
    if (dead.isEmpty()) {
      return true;
    }
    try (var _ = dead.get()) {
      if (removeDead) {
        Files.deleteIfExists(file);
      }
      return false;
    }
  }

  private static Optional<Holding> read(Path file) throws IOException {
    List<String> lines;
    try {
      lines = new String(Files.readAllBytes(file), StandardCharsets.UTF_8).lines().toList();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    if (lines.isEmpty()) {
      return Optional.empty();
    }
    try {
      JsonNode header =
          Json.parseObject(lines.getFirst().getBytes(StandardCharsets.UTF_8), "lease " + file);
      Lease lease =
          new Lease(
              header.path("id").asText(),
              header.path("purpose").asText(),
              header.path("pid").asLong(),
              Instant.parse(header.path("since").asText()));
      return Optional.of(new Holding(lease, new TreeSet<>(lines.subList(1, lines.size()))));
    } catch (DateTimeException e) {
      throw new BuildFailure(BuildFailure.Kind.CORRUPT, "lease " + file + " has no valid time", e);
    }
  }
}
