package dev.jbuild.image;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Where an image is, or is to go: the arguments of {@code jbuild copy}. */
public sealed interface ImageLocation {

  /** The store, by name. */
  record InStore(String name) implements ImageLocation {}

  /** An OCI layout in a directory; an empty name means its only image. */
  record OciDirectory(Path directory, String name) implements ImageLocation {}

  /** An OCI layout in a tar; an empty name means its only image. */
  record OciArchive(Path file, String name) implements ImageLocation {}

  /** What {@code docker save} writes; an empty name means its only image. */
  record DockerArchive(Path file, String name) implements ImageLocation {}

  /** A registry. */
  record InRegistry(String name) implements ImageLocation {}

  /**
   * Reads {@code oci:DIR[:NAME]}, {@code oci-archive:FILE[:NAME]}, {@code
   * docker-archive:FILE[:NAME]} and {@code docker://NAME} as skopeo does; anything else is a name
   * in the store.
   *
   * @throws BuildFailure of kind {@code USER} if a path is missing
   */
  static ImageLocation parse(String text) {
    if (text.startsWith("docker://")) {
      return new InRegistry(text.substring("docker://".length()));
    }
    int colon = text.indexOf(':');
    String scheme = colon < 0 ? "" : text.substring(0, colon);
    return switch (scheme) {
      case "oci", "oci-archive", "docker-archive" -> {
        String rest = text.substring(colon + 1);
        int end = rest.indexOf(':');
        Path path = path(end < 0 ? rest : rest.substring(0, end), text);
        String name = end < 0 ? "" : rest.substring(end + 1);
        yield scheme.equals("oci")
            ? new OciDirectory(path, name)
            : scheme.equals("oci-archive")
                ? new OciArchive(path, name)
                : new DockerArchive(path, name);
      }
      default -> new InStore(text);
    };
  }

  private static Path path(String path, String text) {
    try {
      if (!path.isEmpty()) {
        return Path.of(path);
      }
    } catch (InvalidPathException e) {
      throw new BuildFailure(BuildFailure.Kind.USER, "\"" + path + "\" is not a path", e);
    }
    throw new BuildFailure(BuildFailure.Kind.USER, "there is no path in \"" + text + "\"");
  }
}
