package dev.jbuild.store;

import dev.jbuild.oci.DiffId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files below {@code layers/NAME}: which blobs hold the layer, and how it was unpacked.
 *
 * <p>Records are not synced. All of them can be made again from images and blobs, and a torn one is
 * taken for none.
 */
record LayerRecords(StoreLayout layout, DiffId diffId) {

  Path directory() {
    return layout.layer(diffId);
  }

  Path unpackedDirectory(String variant) {
    return directory().resolve(variant);
  }

  /** The notes of all blobs that were ever said to hold the layer; the blobs may be gone. */
  List<BlobRecord> blobs() throws IOException {
    List<BlobRecord> records = new ArrayList<>();
    Path blobs = directory().resolve("blobs");
    if (!Files.isDirectory(blobs)) {
      return records;
    }
    try (Stream<Path> files = Files.list(blobs)) {
      for (Path file : files.sorted().toList()) {
        try {
          BlobRecord.parse(Files.readAllBytes(file)).ifPresent(records::add);
        } catch (NoSuchFileException e) {
          // Removed by another since it was listed.
        }
      }
    }
    return records;
  }

  void addBlob(BlobRecord record) throws IOException {
    DurableFiles.replaceLazily(
        layout,
        directory().resolve("blobs").resolve(StoreLayout.name(record.blob().digest())),
        record.toBytes());
  }

  void removeBlob(BlobRecord record) throws IOException {
    Files.deleteIfExists(
        directory().resolve("blobs").resolve(StoreLayout.name(record.blob().digest())));
  }

  /** How the layer was unpacked in that variant; empty if it is not, or its record is torn. */
  Optional<UnpackedForm> form(String variant) throws IOException {
    if (!Files.isDirectory(unpackedDirectory(variant))) {
      return Optional.empty();
    }
    try {
      return UnpackedForm.parse(Files.readAllBytes(formFile(variant)));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  /**
   * To be written before the directory of the variant is moved into its place, both under {@link
   * StoreLayout#formsLock}.
   */
  void putForm(String variant, UnpackedForm form) throws IOException {
    DurableFiles.replaceLazily(layout, formFile(variant), form.toBytes());
  }

  /** Puts something else into a variant's record, unless another put in something meanwhile. */
  void changeForm(String variant, UnpackedForm from, UnpackedForm to) throws IOException {
    try (var _ = LockFile.exclusive(layout.formsLock())) {
      if (form(variant).filter(from::equals).isPresent()) {
        putForm(variant, to);
      }
    }
  }

  private Path formFile(String variant) {
    return directory().resolve(variant + ".json");
  }

  /** The names of all variants that are unpacked. */
  List<String> variants() throws IOException {
    if (!Files.isDirectory(directory())) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory())) {
      return files
          .filter(Files::isDirectory)
          .map(file -> String.valueOf(file.getFileName()))
          .filter(name -> name.startsWith("fs"))
          .sorted()
          .toList();
    }
  }

  /** The collector evicts by the time of last use, which is that of the layer's directory. */
  void touch() throws IOException {
    try {
      Files.setLastModifiedTime(directory(), FileTime.from(Instant.now()));
    } catch (NoSuchFileException e) {
      // There is no form of the layer.
    }
  }
}
