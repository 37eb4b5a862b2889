package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Everything in a store that takes space, with sizes. Taken without a lock, so things may come and
 * go meanwhile; a size that took a walk to find is written down for the next time.
 */
final class StoreScan {
  /** Something with its place; what {@link StoredItem} is to people. */
  record Found(
      StoredItem.Kind kind, String name, Path path, long bytes, Instant lastUsed, Object key) {}

  /** A variant of a layer's directory. */
  record Form(DiffId diffId, String variant) {}

  /** A directory behind a cache mount; its lock file is held while a step has it mounted. */
  record MountSlot(String id, String slot, Path lock) {
    @Override
    public String toString() {
      return id + " (" + slot + ")";
    }
  }

  private final StoreLayout layout;
  private final List<Found> found = new ArrayList<>();
  private final Map<DiffId, List<BlobRecord>> layerBlobs = new HashMap<>();
  private long overhead;

  private StoreScan(StoreLayout layout) {
    this.layout = layout;
  }

  static StoreScan of(StoreLayout layout) throws IOException {
    StoreScan scan = new StoreScan(layout);
    scan.blobs();
    scan.layers();
    scan.workspaces();
    scan.unfinished();
    scan.records();
    scan.cacheMounts();
    for (String name : List.of("oci-layout", "index.json", "leases", "locks")) {
      scan.overhead += DiskUsage.of(layout.root().resolve(name));
    }
    return scan;
  }

  List<Found> found() {
    return found;
  }

  /** Which blobs are said to hold a layer. */
  Map<DiffId, List<BlobRecord>> layerBlobs() {
    return layerBlobs;
  }

  /** Bytes of small things that come and go with the large ones. */
  long overhead() {
    return overhead;
  }

  private void blobs() throws IOException {
    for (Path algorithm : list(layout.blobs())) {
      for (Path file : list(algorithm)) {
        try {
          add(
              StoredItem.Kind.BLOB,
              file,
              new Digest(name(algorithm), name(file)),
              DiskUsage.of(file));
        } catch (BuildFailure e) {
          overhead += DiskUsage.of(file);
        }
      }
    }
  }

  private void layers() throws IOException {
    for (Path directory : list(layout.layers())) {
      DiffId diffId;
      try {
        diffId = new DiffId(StoreLayout.parseName(name(directory)));
      } catch (BuildFailure e) {
        overhead += DiskUsage.of(directory);
        continue;
      }
      LayerRecords records = new LayerRecords(layout, diffId);
      layerBlobs.put(diffId, records.blobs());
      long forms = 0;
      for (String variant : records.variants()) {
        Path path = records.unpackedDirectory(variant);
        long bytes = measured(records, variant);
        forms += bytes;
        lastUsed(directory)
            .ifPresent(used ->
                found.add(
                    new Found(
                        StoredItem.Kind.UNPACKED_LAYER,
                        diffId.toString(),
                        path,
                        bytes,
                        used,
                        new Form(diffId, variant))));
      }
      overhead += forms == 0 ? DiskUsage.of(directory) : recordsOf(directory);
    }
  }

  private static long recordsOf(Path layer) throws IOException {
    long bytes = 0;
    for (Path file : list(layer)) {
      if (!Files.isDirectory(file) || name(file).equals("blobs")) {
        bytes += DiskUsage.of(file);
      }
    }
    return bytes;
  }

  private static long measured(LayerRecords records, String variant) throws IOException {
    Optional<UnpackedForm> form = records.form(variant);
    if (form.isPresent() && form.get().bytes() >= 0) {
      return form.get().bytes();
    }
    long bytes = DiskUsage.of(records.unpackedDirectory(variant));
    if (form.isPresent()) {
      try {
        records.changeForm(variant, form.get(), form.get().withBytes(bytes));
      } catch (IOException e) {
        // It is measured again the next time. A collection must work on a disk that is full.
      }
    }
    return bytes;
  }

  private void workspaces() throws IOException {
    for (Path directory : list(layout.snapshots())) {
      add(StoredItem.Kind.SNAPSHOT, directory, name(directory), DiskUsage.of(directory));
    }
  }

  private void unfinished() throws IOException {
    for (Path file : list(layout.ingests())) {
      if (!name(file).endsWith(".lock")) {
        add(StoredItem.Kind.UNFINISHED, file, name(file), DiskUsage.of(file));
      }
    }
  }

  /**
   * The directories of cache mounts, one item each: {@code cache/mounts/HEX/SLOT}, with {@code
   * SLOT.lock} beside it, whose time is that of the last use.
   */
  private void cacheMounts() throws IOException {
    for (Path home : list(layout.cacheMounts())) {
      String id = mountId(home);
      for (Path file : list(home)) {
        if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
          overhead += DiskUsage.of(file);
          continue;
        }
        // SLOT, or SLOT.new-… while it is filled.
        String slot = name(file).replaceFirst("\\..*", "");
        MountSlot key = new MountSlot(id, slot, home.resolve(slot + ".lock"));
        Optional<Instant> used = lastUsed(key.lock()).or(() -> Optional.of(Instant.EPOCH));
        found.add(
            new Found(
                StoredItem.Kind.CACHE_MOUNT,
                key.toString(),
                file,
                DiskUsage.of(file),
                used.get(),
                key));
      }
    }
  }

  private static String mountId(Path home) throws IOException {
    try {
      return Files.readString(home.resolve("id"));
    } catch (NoSuchFileException | java.nio.charset.MalformedInputException e) {
      return name(home);
    }
  }

  private void records() throws IOException {
    Path cache = layout.root().resolve("cache");
    if (!Files.isDirectory(cache)) {
      return;
    }
    try {
      Files.walkFileTree(
          cache,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes its) {
              if (directory.equals(layout.cacheMounts())) {
                return FileVisitResult.SKIP_SUBTREE;
              }
              overhead += 4096;
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes its)
                throws IOException {
              String name = layout.root().relativize(file).toString();
              add(StoredItem.Kind.RECORD, file, name, DiskUsage.of(file));
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
              if (e instanceof NoSuchFileException) {
                return FileVisitResult.CONTINUE;
              }
              throw e;
            }
          });
    } catch (NoSuchFileException e) {
      // The engine removed the directory while it was listed; the next scan sees it right.
    }
  }

  private void add(StoredItem.Kind kind, Path path, Object key, long bytes) throws IOException {
    lastUsed(path)
        .ifPresent(used -> found.add(new Found(kind, key.toString(), path, bytes, used, key)));
  }

  private static Optional<Instant> lastUsed(Path path) throws IOException {
    try {
      return Optional.of(Files.getLastModifiedTime(path).toInstant());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  static List<Path> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private static String name(Path file) {
    return String.valueOf(file.getFileName());
  }
}
