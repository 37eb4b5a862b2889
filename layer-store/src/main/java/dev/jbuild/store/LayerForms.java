package dev.jbuild.store;

import dev.jbuild.layer.OverlayEncoding;
import dev.jbuild.layer.TreeChange;
import dev.jbuild.layer.UnpackedLayer;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.DirFd;
import dev.jbuild.oci.DiffId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The unpacked forms of layers: which of a layer's directories this process can use, and how a
 * directory becomes one.
 *
 * <p><b>Without a sync.</b> A layer of ten thousand files is not synced when it is made: that would
 * cost more than making it, and after a crash of the process nothing is lost anyway. Only a loss of
 * power can tear it. So its record names the boot it was made in. In the same boot it is whole; in
 * a later one it is used only if it hashes to its diffID, or is made again from its blob. A form
 * that is still there a minute after it was made is likely to have been written back; then one
 * {@code syncfs} makes it durable for little, and the record says so. That is for the next handle
 * to do: one that knows a form does not look at it again.
 */
final class LayerForms {
  private static final String FIRST = "fs";
  private static final long SETTLED_MILLIS = 60_000;

  private final StoreLayout layout;
  private final Host host;
  private final StorageCap cap;
  private final Map<DiffId, Usable> found = new ConcurrentHashMap<>();

  /**
   * A directory this process can use, and the directories in it that the layer does not describe.
   */
  private record Usable(Path directory, List<BytePath> implicit) {}

  LayerForms(StoreLayout layout, Host host, StorageCap cap) {
    this.layout = layout;
    this.host = host;
    this.cap = cap;
  }

  OverlayEncoding encoding() {
    return host.encoding();
  }

  /** The id maps that owners on disk are seen through. */
  String idMap() {
    return host.idMap();
  }

  /**
   * A directory that holds the layer whole and in a form that this process can use. The caller
   * holds the layer, so that no collector takes the directory.
   *
   * <p>An answer is remembered: every step asks for every layer below it, and may not pay for the
   * height of its image. An absence is not, for another process may unpack the layer.
   */
  Optional<Path> find(DiffId diffId) throws IOException {
    return usable(diffId).map(Usable::directory);
  }

  private Optional<Usable> usable(DiffId diffId) throws IOException {
    Usable known = found.get(diffId);
    if (known != null) {
      return Optional.of(known);
    }
    LayerRecords records = new LayerRecords(layout, diffId);
    for (String variant : records.variants()) {
      Optional<UnpackedForm> form = records.form(variant);
      if (form.isPresent()
          && form.get().fits(host.encodingName(), host.idMap())
          && isWhole(records, variant, form.get())) {
        records.touch();
        Usable usable = new Usable(records.unpackedDirectory(variant), form.get().implicit());
        found.put(diffId, usable);
        return Optional.of(usable);
      }
    }
    return Optional.empty();
  }

  /** A directory that the layer's own tar can be made from, by a process with these id maps. */
  Optional<Path> findCanonical(DiffId diffId) throws IOException {
    LayerRecords records = new LayerRecords(layout, diffId);
    for (String variant : records.variants()) {
      Optional<UnpackedForm> form = records.form(variant);
      if (form.isPresent()
          && form.get().canonical()
          && form.get().idMap().equals(host.idMap())
          && isWhole(records, variant, form.get())) {
        return Optional.of(records.unpackedDirectory(variant));
      }
    }
    return Optional.empty();
  }

  private boolean isWhole(LayerRecords records, String variant, UnpackedForm form)
      throws IOException {
    if (form.boot().isEmpty()) {
      return true;
    }
    Path directory = records.unpackedDirectory(variant);
    if (form.boot().equals(host.boot())) {
      long age =
          System.currentTimeMillis()
              - Files.getLastModifiedTime(directory.resolveSibling(variant + ".json")).toMillis();
      if (age > SETTLED_MILLIS) {
        makeDurable(records, variant, form);
      }
      return true;
    }
    if (form.canonical() && LayerHash.ofDirectory(directory).equals(records.diffId())) {
      makeDurable(records, variant, form);
      return true;
    }
    discard(directory);
    return false;
  }

  private void makeDurable(LayerRecords records, String variant, UnpackedForm form)
      throws IOException {
    try (DirFd directory = DirFd.open(records.directory())) {
      directory.syncFileSystem();
    }
    records.changeForm(variant, form, form.durable());
  }

  /**
   * As {@link #publish} for a layer that was made in the directory, canonical and described whole.
   * What it is need not be read from its record then, before the next step can begin.
   */
  void adopt(DiffId diffId, Path directory, boolean marked) throws IOException {
    Path target = publish(diffId, directory, true, marked, List.of());
    found.putIfAbsent(diffId, new Usable(target, List.of()));
  }

  /**
   * Makes a directory of the store's file system the layer's unpacked form. The directory is moved;
   * if the layer has a form that fits already, it stays where it is.
   *
   * @param canonical whether the layer's tar can be made from the directory
   * @param marked whether it may have marks that are others in another encoding than this process's
   * @param implicit directories in it that the layer does not describe
   */
  Path publish(
      DiffId diffId, Path directory, boolean canonical, boolean marked, List<BytePath> implicit)
      throws IOException {
    Optional<Path> there = find(diffId);
    if (there.isPresent()) {
      return there.get();
    }
    if (cap.isSet()) {
      cap.admit(DiskUsage.of(directory));
    }
    UnpackedForm form =
        new UnpackedForm(
            marked ? host.encodingName() : UnpackedForm.ANY,
            host.idMap(),
            host.boot(),
            canonical,
            UnpackedForm.UNKNOWN,
            implicit);
    LayerRecords records = new LayerRecords(layout, diffId);
    Path target = place(records, directory, form);
    records.touch();
    return target;
  }

  /**
   * Moves the directory to the first variant that is free. Two processes may do that to one layer
   * at the same time, and under different id maps neither can use what the other made: so who comes
   * second must see which variant was taken, and for what.
   */
  private Path place(LayerRecords records, Path directory, UnpackedForm form) throws IOException {
    List<Path> torn = new ArrayList<>();
    try (var _ = LockFile.exclusive(layout.formsLock())) {
      String variant = FIRST;
      for (int n = 2; Files.exists(records.unpackedDirectory(variant)); n++) {
        Optional<UnpackedForm> there = records.form(variant);
        if (there.isPresent()
            && there.get().fits(host.encodingName(), host.idMap())
            && (there.get().boot().isEmpty() || there.get().boot().equals(host.boot()))) {
          // Published by another since the caller looked; it holds the same.
          return records.unpackedDirectory(variant);
        }
        if (there.isEmpty()) {
          // A torn record: nobody can use the directory.
          torn.add(hide(records.unpackedDirectory(variant)));
        } else {
          variant = FIRST + n;
        }
      }
      records.putForm(variant, form);
      Path target = records.unpackedDirectory(variant);
      Files.move(directory, target, StandardCopyOption.ATOMIC_MOVE);
      return target;
    } finally {
      deleteTrash(torn);
    }
  }

  /** The directories that the layer's usable form holds without describing them. */
  List<BytePath> implicit(DiffId diffId) throws IOException {
    return usable(diffId).map(Usable::implicit).orElse(List.of());
  }

  /** Moves a directory out of the way at once and removes it then. */
  void discard(Path directory) throws IOException {
    Path trash = hide(directory);
    found.values().removeIf(usable -> usable.directory().equals(directory));
    deleteTrash(List.of(trash));
  }

  private Path hide(Path directory) throws IOException {
    Path trash = layout.ingests().resolve("trash-" + UUID.randomUUID());
    Files.move(directory, trash, StandardCopyOption.ATOMIC_MOVE);
    return trash;
  }

  private void deleteTrash(List<Path> trash) throws IOException {
    for (Path each : trash) {
      ScratchDirectory.deleteTree(layout.ingests(), String.valueOf(each.getFileName()));
    }
  }

  /** Makes an upper directory stand for exactly these changes; see {@link UnpackedLayer#settle}. */
  boolean settle(DirFd upper, List<TreeChange> changes) throws IOException {
    return UnpackedLayer.settle(upper, changes, host.encoding());
  }
}
