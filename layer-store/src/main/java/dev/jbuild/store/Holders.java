package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What holds what, at one moment: read while the collector's lock is held, and {@link
 * StoreLayout#mountsLock} if cache mounts are asked for.
 *
 * <p>A tag, and any other entry of the index, holds all blobs that it reaches. A lease holds what
 * it lists, a layer with all its blobs. The unpacked form of a tagged layer is held by nothing: it
 * can be made again.
 */
final class Holders {
  private static final int MAX_DEPTH = 8;

  private final StoreLayout layout;
  private final Map<Digest, Set<String>> blobs = new HashMap<>();
  private final Map<DiffId, Set<String>> layers = new HashMap<>();
  private final Map<String, Set<String>> snapshots = new HashMap<>();
  private final Map<DiffId, List<BlobRecord>> layerBlobs;

  private Holders(StoreLayout layout, Map<DiffId, List<BlobRecord>> layerBlobs) {
    this.layout = layout;
    this.layerBlobs = layerBlobs;
  }

  static Holders read(
      StoreLayout layout,
      List<DirectoryLeases.Holding> leases,
      Map<DiffId, List<BlobRecord>> layerBlobs)
      throws IOException {
    Holders holders = new Holders(layout, layerBlobs);
    for (Descriptor entry : IndexTags.entries(layout)) {
      String holder =
          entry
              .annotation(Descriptor.REF_NAME)
              .map(name -> "tag " + name)
              .orElse("index entry " + entry.digest());
      holders.reach(entry, holder, 0);
    }
    for (DirectoryLeases.Holding holding : leases) {
      String holder = "lease " + holding.lease().id() + " (" + holding.lease().purpose() + ")";
      for (String line : holding.held()) {
        holders.hold(line, holder);
      }
    }
    return holders;
  }

  Set<String> of(StoreScan.Found found) {
    return switch (found.kind()) {
      case BLOB -> blobs.getOrDefault((Digest) found.key(), Set.of());
      case UNPACKED_LAYER -> layers.getOrDefault(((StoreScan.Form) found.key()).diffId(), Set.of());
      case SNAPSHOT -> snapshots.getOrDefault(found.name(), Set.of());
      case UNFINISHED -> unfinished(found.path());
      case LAYER_RECORD -> layer(((StoreScan.LayerNotes) found.key()).diffId());
      case RECORD ->
          found.key() instanceof StoreScan.Shelf shelf
              ? locked(shelf.lock(), shelf.user())
              : Set.of();
      case CACHE_MOUNT ->
          locked(((StoreScan.MountSlot) found.key()).lock(), "a step that has it mounted");
    };
  }

  /** What is known of a layer is held with the layer, and with each of its blobs. */
  private Set<String> layer(DiffId diffId) {
    Set<String> all = new TreeSet<>(layers.getOrDefault(diffId, Set.of()));
    for (BlobRecord record : layerBlobs.getOrDefault(diffId, List.of())) {
      all.addAll(blobs.getOrDefault(record.blob().digest(), Set.of()));
    }
    return all;
  }

  /** An unfinished thing is held by whoever has locked the file beside it. */
  private static Set<String> unfinished(Path path) {
    return locked(
        path.resolveSibling(path.getFileName() + ".lock"), "a process that is writing it");
  }

  private static Set<String> locked(Path lock, String holder) {
    if (!Files.exists(lock)) {
      return Set.of();
    }
    try (LockFile free = LockFile.tryExclusive(lock).orElse(null)) {
      return free == null ? Set.of(holder) : Set.of();
    } catch (IOException e) {
      return Set.of("nobody knows: " + e.getMessage());
    }
  }

  private void hold(String line, String holder) {
    int space = line.indexOf(' ');
    String what = line.substring(space + 1);
    switch (line.substring(0, Math.max(0, space))) {
      case "blob" -> Digest.tryParse(what).ifPresent(digest -> add(blobs, digest, holder));
      case "layer" -> {
        Optional<DiffId> layer = Digest.tryParse(what).map(DiffId::new);
        if (layer.isPresent()) {
          add(layers, layer.get(), holder);
          for (BlobRecord record : layerBlobs.getOrDefault(layer.get(), List.of())) {
            add(blobs, record.blob().digest(), holder);
          }
        }
      }
      case "snapshot" -> add(snapshots, what, holder);
      default -> {
        // A line that was being written when the file was read; its writer waits for our lock.
      }
    }
  }

  private void reach(Descriptor here, String holder, int depth) throws IOException {
    if (depth > MAX_DEPTH || blobs.getOrDefault(here.digest(), Set.of()).contains(holder)) {
      return;
    }
    add(blobs, here.digest(), holder);
    if (!here.mediaType().isIndex() && !here.mediaType().isManifest()) {
      return;
    }
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(layout.blob(here.digest()));
    } catch (NoSuchFileException e) {
      return;
    }
    try {
      if (here.mediaType().isIndex()) {
        for (Descriptor each : ImageIndex.parse(bytes).manifests()) {
          reach(each, holder, depth + 1);
        }
      } else {
        Manifest manifest = Manifest.parse(bytes);
        reach(manifest.config(), holder, depth + 1);
        for (Descriptor layer : manifest.layers()) {
          reach(layer, holder, depth + 1);
        }
        if (manifest.subject().isPresent()) {
          add(blobs, manifest.subject().get().digest(), holder);
        }
      }
    } catch (BuildFailure e) {
      // Damaged: what it reached cannot be known, and is of no use without it. fsck tells.
    }
  }

  private static <K> void add(Map<K, Set<String>> holders, K key, String holder) {
    holders.computeIfAbsent(key, _ -> new TreeSet<>()).add(holder);
  }
}
