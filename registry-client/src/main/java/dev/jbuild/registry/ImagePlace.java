package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Path;

/**
 * Where an image is copied from or to, written as skopeo writes it: {@code docker://NAME} or just a
 * name, {@code oci:DIRECTORY[:TAG]}, {@code oci-archive:FILE[:TAG]}, {@code
 * docker-archive:FILE[:NAME]}, {@code store:NAME}.
 */
public sealed interface ImagePlace {

  /** In a registry. */
  record InRegistry(ImageName name) implements ImagePlace {}

  /**
   * An OCI layout in a directory.
   *
   * @param tag empty for the only image there, or to give none
   */
  record Layout(Path directory, String tag) implements ImagePlace {}

  /**
   * An archive in a file.
   *
   * @param name empty for the only image there, or to give none
   */
  record Archive(Path file, String name, boolean docker) implements ImagePlace {}

  /** In the store, under a tag. */
  record InStore(String name) implements ImagePlace {}

  /**
   * Reads a place.
   *
   * @throws BuildFailure of kind {@code USER} for a transport nobody knows
   */
  static ImagePlace parse(String text) {
    int colon = text.indexOf(':');
    String transport = colon < 0 ? "" : text.substring(0, colon);
    String rest = text.substring(colon + 1);
    return switch (transport) {
      case "docker" -> {
        if (!rest.startsWith("//")) {
          throw new BuildFailure(
              BuildFailure.Kind.USER, "invalid place \"" + text + "\": write docker://NAME");
        }
        yield new InRegistry(ImageName.parse(rest.substring(2)));
      }
      case "oci" -> new Layout(Path.of(before(rest)), after(rest));
      case "oci-archive" -> new Archive(Path.of(before(rest)), after(rest), false);
      case "docker-archive" -> new Archive(Path.of(before(rest)), after(rest), true);
      case "store" -> new InStore(rest);
      case "dir", "docker-daemon", "containers-storage", "sif", "ostree" ->
          throw new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED,
              "the transport \"" + transport + ":\" is not supported",
              "use docker://, oci:, oci-archive:, docker-archive: or store:",
              null);
      default -> new InRegistry(ImageName.parse(text));
    };
  }

  private static String before(String rest) {
    int colon = rest.indexOf(':');
    return colon < 0 ? rest : rest.substring(0, colon);
  }

  private static String after(String rest) {
    int colon = rest.indexOf(':');
    return colon < 0 ? "" : rest.substring(colon + 1);
  }
}
