package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/**
 * Where things are below a store root.
 *
 * <pre>
 * oci-layout, index.json, blobs/ALGORITHM/HEX   an OCI image layout
 * layers/NAME/fs, fs.json, blobs/…              a layer's forms (NAME: the diffID without "sha256:")
 * snapshots/ID                                  being written to by a step
 * ingest/                                       unfinished: named ingests, staging, trash
 * leases/ID                                     locked by the process that holds the lease
 * locks/NAME                                    lock files, empty
 * </pre>
 */
record StoreLayout(Path root) {
  private static final String VERSION = "1.0.0";

  /** Makes what is missing of the layout; several processes may do so at once. */
  static StoreLayout open(Path root) {
    StoreLayout layout = new StoreLayout(root.toAbsolutePath().normalize());
    try {
      for (String name :
          List.of("blobs/sha256", "layers", "snapshots", "ingest", "leases", "locks", "cache")) {
        Files.createDirectories(layout.root.resolve(name));
      }
      Path marker = layout.root.resolve("oci-layout");
      if (!Files.exists(marker)) {
        byte[] words = Json.compact(Json.object().put("imageLayoutVersion", VERSION));
        DurableFiles.replace(layout, marker, words);
      }
      Path index = layout.index();
      if (!Files.exists(index)) {
        try (var _ = LockFile.exclusive(layout.lock("index"))) {
          if (!Files.exists(index)) {
            DurableFiles.replace(layout, index, IndexTags.emptyIndex());
          }
        }
      }
    } catch (IOException e) {
      throw DiskFailures.of("open store " + layout.root, e);
    }
    layout.checkVersion();
    return layout;
  }

  private void checkVersion() {
    Path marker = root.resolve("oci-layout");
    try {
      String version =
          Json.parseObject(Files.readAllBytes(marker), marker.toString())
              .path("imageLayoutVersion")
              .asText();
      if (!version.equals(VERSION)) {
        throw new BuildFailure(
            BuildFailure.Kind.UNSUPPORTED,
            root + " is an image layout of version \"" + version + "\", not " + VERSION);
      }
    } catch (IOException e) {
      throw DiskFailures.of("open store " + root, e);
    }
  }

  Path index() {
    return root.resolve("index.json");
  }

  Path blobs() {
    return root.resolve("blobs");
  }

  Path blob(Digest digest) {
    return root.resolve("blobs").resolve(digest.algorithm()).resolve(digest.hex());
  }

  Path layers() {
    return root.resolve("layers");
  }

  Path layer(DiffId diffId) {
    return layers().resolve(name(diffId.digest()));
  }

  Path snapshots() {
    return root.resolve("snapshots");
  }

  Path ingests() {
    return root.resolve("ingest");
  }

  /** The build cache's, which the engine fills. */
  Path cache() {
    return root.resolve("cache");
  }

  /** The directories behind the cache mounts of steps. */
  Path cacheMounts() {
    return cache().resolve("mounts");
  }

  /**
   * Taken alone by whoever looks whether the directories behind cache mounts are free, which is to
   * take their locks for an instant, and shared by whoever takes such a lock to keep it: who asks
   * for one then is not told that it is taken.
   */
  Path mountsLock() {
    return lock("mounts");
  }

  Path leases() {
    return root.resolve("leases");
  }

  Path locks() {
    return root.resolve("locks");
  }

  Path lock(String name) {
    return locks().resolve(name);
  }

  /** The lock that pins take shared and the collector takes alone; see {@link LeaseFile}. */
  Path collectorLock() {
    return lock("gc");
  }

  /**
   * The lock of all records of unpacked layers, taken for as long as it takes to choose a variant
   * and to move a directory there.
   */
  Path formsLock() {
    return lock("forms");
  }

  /** The place of the ingest of that reference, which may be any text. */
  Path ingest(String ref) {
    return ingests()
        .resolve("ref-" + Digest.of(ref.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 40));
  }

  /** A name in {@code ingest/} that nobody uses: for files and directories in the making. */
  Path scratch() {
    return ingests().resolve("tmp-" + UUID.randomUUID());
  }

  /** A digest as a file name; a colon would end a path in the options of an overlay mount. */
  static String name(Digest digest) {
    return digest.algorithm().equals(Digest.SHA256)
        ? digest.hex()
        : digest.algorithm() + "-" + digest.hex();
  }

  /** The reverse of {@link #name}; throws CORRUPT for what is none. */
  static Digest parseName(String name) {
    int dash = name.indexOf('-');
    return dash < 0
        ? new Digest(Digest.SHA256, name)
        : new Digest(name.substring(0, dash), name.substring(dash + 1));
  }
}
