package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
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
 *
 * <p>A root that is made here, and whatever holds files of images and steps, is open to its owner
 * alone.
 */
record StoreLayout(Path root) {
  private static final String VERSION = "1.0.0";

  private static final Set<PosixFilePermission> OWNER =
      PosixFilePermissions.fromString("rwx------");

  private static final Set<PosixFilePermission> OTHERS =
      EnumSet.of(
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);

  /** Makes what is missing of the layout; several processes may do so at once. */
  static StoreLayout open(Path root) {
    StoreLayout layout = new StoreLayout(root.toAbsolutePath().normalize());
    try {
      makePrivate(layout.root, false);
      for (String name : List.of("layers", "snapshots", "ingest", "cache")) {
        makePrivate(layout.root.resolve(name), true);
      }
      for (String name : List.of("blobs/sha256", "leases", "locks")) {
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

  /**
   * Makes a directory that is its owner's alone. Images and steps bring programs with the setuid
   * bit, device nodes and files that everybody may read: none of the machine's other users may get
   * at one by its path here.
   *
   * @param close whether others are shut out of one that is there already, which a step fills; whom
   *     the owner let into the store itself may read its blobs
   */
  private static void makePrivate(Path directory, boolean close) throws IOException {
    Files.createDirectories(Objects.requireNonNull(directory.getParent()));
    try {
      Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(OWNER));
    } catch (FileAlreadyExistsException _) {
      Files.createDirectories(directory); // fails if it is none
      Set<PosixFilePermission> now = Files.getPosixFilePermissions(directory);
      if (close && now.removeAll(OTHERS)) {
        closeIfOwn(directory, now);
      }
    }
  }

  private static void closeIfOwn(Path directory, Set<PosixFilePermission> permissions) {
    try {
      Files.setPosixFilePermissions(directory, permissions);
    } catch (IOException _) {
      // Another user's, who sees to it when the store is opened next.
    }
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
