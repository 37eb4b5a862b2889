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
import java.util.Set;
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

  /** A directory of the cache that goes as one; the lock is held while somebody uses it. */
  record Shelf(String name, Path lock, String user) {
    @Override
    public String toString() {
      return name;
    }
  }

  /** The directory of a layer's records, without the layer's forms. */
  record LayerNotes(DiffId diffId) {
    @Override
    public String toString() {
      return diffId.toString();
    }
  }

  /** A directory and its own bytes, without what is in it. */
  record Bare(Path path, long bytes) {}

  private static final Set<String> KNOWN =
      Set.of("blobs", "layers", "snapshots", "ingest", "cache", "leases", "locks");

  private final StoreLayout layout;
  private final List<Found> found = new ArrayList<>();
  private final Map<DiffId, List<BlobRecord>> layerBlobs = new HashMap<>();
  private final List<Bare> cacheDirectories = new ArrayList<>();
  private final long small;
  private long overhead;

  private StoreScan(StoreLayout layout) throws IOException {
    this.layout = layout;
    small = small(layout);
    overhead = small;
  }

  static StoreScan of(StoreLayout layout) throws IOException {
    StoreScan scan = new StoreScan(layout);
    scan.blobs();
    scan.layers();
    scan.workspaces();
    scan.unfinished();
    scan.records();
    scan.cacheMounts();
    scan.others();
    return scan;
  }

  /** What leases, locks and the directories of the store take that hold everything else. */
  static long small(StoreLayout layout) throws IOException {
    long bytes = DiskUsage.alone(layout.root());
    for (Path directory :
        List.of(layout.blobs(), layout.layers(), layout.snapshots(), layout.ingests())) {
      bytes += DiskUsage.alone(directory);
    }
    return bytes + DiskUsage.of(layout.leases()) + DiskUsage.of(layout.locks());
  }

  /** Files and directories that are no part of the layout: a server's, another tool's. */
  private void others() throws IOException {
    for (Path file : list(layout.root())) {
      if (!KNOWN.contains(name(file))) {
        overhead += DiskUsage.of(file);
      }
    }
  }

  List<Found> found() {
    return found;
  }

  /** Which blobs are said to hold a layer. */
  Map<DiffId, List<BlobRecord>> layerBlobs() {
    return layerBlobs;
  }

  /** Bytes of all that is not {@linkplain #found found}. */
  long overhead() {
    return overhead;
  }

  /** Of these, what {@link #small(StoreLayout)} said. */
  long small() {
    return small;
  }

  /** Directories of the build cache that are of no use when they are empty, the innermost first. */
  List<Bare> cacheDirectories() {
    return cacheDirectories.reversed();
  }

  private void blobs() throws IOException {
    for (Path algorithm : list(layout.blobs())) {
      overhead += DiskUsage.alone(algorithm);
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
      add(
          StoredItem.Kind.LAYER_RECORD,
          directory,
          new LayerNotes(diffId),
          notes(directory, records.variants()));
      for (String variant : records.variants()) {
        Path path = records.unpackedDirectory(variant);
        long bytes = measured(records, variant);
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
    }
  }

  /** What the records of a layer take now. */
  static long notes(StoreLayout layout, Found notes) throws IOException {
    DiffId layer = ((LayerNotes) notes.key()).diffId();
    return notes(notes.path(), new LayerRecords(layout, layer).variants());
  }

  /** What the directory of a layer takes without the layer's forms. */
  private static long notes(Path layer, List<String> forms) throws IOException {
    long bytes = DiskUsage.alone(layer);
    for (Path file : list(layer)) {
      if (!forms.contains(name(file))) {
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
      if (name(file).endsWith(".lock")) {
        overhead += DiskUsage.of(file);
      } else {
        add(StoredItem.Kind.UNFINISHED, file, name(file), DiskUsage.of(file));
      }
    }
  }

  /**
   * The directories of cache mounts, one item each: {@code cache/mounts/HEX/SLOT}, with {@code
   * SLOT.lock} beside it, whose time is that of the last use.
   */
  private void cacheMounts() throws IOException {
    overhead += DiskUsage.alone(layout.cacheMounts());
    for (Path home : list(layout.cacheMounts())) {
      overhead += DiskUsage.alone(home);
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
      String id = Files.readString(home.resolve("id"));
      return id.isEmpty() ? name(home) : id;
    } catch (NoSuchFileException | java.nio.charset.MalformedInputException e) {
      return name(home);
    }
  }

  /** Each file of the build cache, but the logs of a build, and what a URL gave, as one. */
  private void records() throws IOException {
    Path cache = layout.cache();
    Map<Path, String> shelves =
        Map.of(
            cache.resolve("logs"), "a build that is writing its logs",
            cache.resolve("http"), "a build that uses this file of a URL");
    if (!Files.isDirectory(cache)) {
      return;
    }
    try {
      Files.walkFileTree(
          cache,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes its)
                throws IOException {
              if (directory.equals(layout.cacheMounts())) {
                return FileVisitResult.SKIP_SUBTREE;
              }
              String user = shelves.get(directory.getParent());
              if (user != null) {
                String name = layout.root().relativize(directory).toString();
                Shelf key = new Shelf(name, directory.resolve(".lock"), user);
                add(StoredItem.Kind.RECORD, directory, key, DiskUsage.of(directory));
                return FileVisitResult.SKIP_SUBTREE;
              }
              long bytes = DiskUsage.alone(directory);
              overhead += bytes;
              if (!directory.equals(cache) && !cache.equals(directory.getParent())) {
                cacheDirectories.add(new Bare(directory, bytes));
              }
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
