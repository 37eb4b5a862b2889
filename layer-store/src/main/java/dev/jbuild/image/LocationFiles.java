package dev.jbuild.image;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.store.Store;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** The locations of images that are files or directories. */
final class LocationFiles {
  private LocationFiles() {}

  static Map.Entry<String, Descriptor> read(Store store, ImageLocation from) {
    return switch (from) {
      case ImageLocation.OciDirectory in ->
          only(ArchiveReader.readDirectory(store, in.directory()), in.name(), in.directory());
      case ImageLocation.OciArchive in -> only(readFile(store, in.file()), in.name(), in.file());
      case ImageLocation.DockerArchive in -> only(readFile(store, in.file()), in.name(), in.file());
      case ImageLocation.InStore in -> throw elsewhere(in.name(), "the store");
      case ImageLocation.InRegistry in -> throw elsewhere(in.name(), "a registry");
    };
  }

  static void write(Store store, Descriptor image, String name, ImageLocation to) {
    try {
      switch (to) {
        case ImageLocation.OciDirectory out ->
            new ArchiveWriter(store)
                .writeDirectory(tagged(out.name(), name, image), out.directory());
        case ImageLocation.OciArchive out ->
            writeFile(store, tagged(out.name(), name, image), ArchiveWriter.Kind.OCI, out.file());
        case ImageLocation.DockerArchive out ->
            writeFile(store, named(out.name(), name, image), ArchiveWriter.Kind.DOCKER, out.file());
        case ImageLocation.InStore out -> throw elsewhere(out.name(), "the store");
        case ImageLocation.InRegistry out -> throw elsewhere(out.name(), "a registry");
      }
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, "write image \"" + name + "\": " + e.getMessage(), e);
    }
  }

  /**
   * For an OCI layout, where what follows the path is what the layout calls the image, and by which
   * other tools find it: a word alone is a tag of the image.
   */
  private static SequencedMap<String, Descriptor> tagged(
      String wanted, String otherwise, Descriptor image) {
    boolean isTag = !wanted.isEmpty() && !wanted.contains(":") && !wanted.contains("/");
    String repository = ImageNames.repository(nameOf(otherwise));
    return named(isTag ? repository + ":" + wanted : wanted, otherwise, image);
  }

  /** An image that was chosen by its digest has no name. */
  private static String nameOf(String image) {
    return Digest.tryParse(image).isPresent() ? "" : image;
  }

  private static SequencedMap<String, Descriptor> named(
      String wanted, String otherwise, Descriptor image) {
    SequencedMap<String, Descriptor> images = new LinkedHashMap<>();
    images.put(wanted.isEmpty() ? nameOf(otherwise) : wanted, image);
    return images;
  }

  private static void writeFile(
      Store store, SequencedMap<String, Descriptor> images, ArchiveWriter.Kind kind, Path file)
      throws IOException {
    ResultFile.write(
        file,
        out -> {
          BufferedOutputStream buffered = new BufferedOutputStream(out, 1 << 16);
          new ArchiveWriter(store).writeTar(images, kind, buffered);
          buffered.flush();
        });
  }

  private static List<Map.Entry<String, Descriptor>> readFile(Store store, Path file) {
    try (InputStream in = Files.newInputStream(file)) {
      return ArchiveReader.read(store, in, file.toString());
    } catch (NoSuchFileException e) {
      throw new BuildFailure(BuildFailure.Kind.NOT_FOUND, "there is no file " + file, e);
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, file + " is not readable: " + e.getMessage(), e);
    }
  }

  private static Map.Entry<String, Descriptor> only(
      List<Map.Entry<String, Descriptor>> images, String name, Path where) {
    List<Map.Entry<String, Descriptor>> fitting =
        images.stream()
            .filter(image ->
                name.isEmpty()
                    || isNamed(image.getKey(), name)
                    || image.getValue().digest().toString().equals(name))
            .toList();
    if (fitting.stream().map(image -> image.getValue().digest()).distinct().count() == 1) {
      return fitting.getFirst();
    }
    String names = images.stream().map(Map.Entry::getKey).toList().toString();
    throw fitting.isEmpty()
        ? new BuildFailure(
            BuildFailure.Kind.NOT_FOUND, where + " has no image \"" + name + "\", only " + names)
        : new BuildFailure(
            BuildFailure.Kind.USER,
            where + " has several images: " + names,
            "add the name of one, as in " + where + ":NAME",
            null);
  }

  private static boolean isNamed(String image, String name) {
    return image.equals(name)
        || image.equals(name + ":latest")
        || ImageNames.tag(image).equals(name);
  }

  private static BuildFailure elsewhere(String name, String where) {
    return new BuildFailure(
        BuildFailure.Kind.UNSUPPORTED, "\"" + name + "\" is in " + where + ", not in a file");
  }
}
