package dev.jbuild.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** The files scripts read after a build. Each appears whole or not at all. */
final class ResultFiles {
  private ResultFiles() {}

  /** {@code --iidfile}: the image's ID, that is its config's digest; an index has but its own. */
  static void imageId(Path file, BuildResult result) throws IOException {
    String id =
        result
            .config()
            .map(Object::toString)
            .or(() -> result.imageDescriptor().map(image -> image.digest().toString()))
            .orElse("");
    write(file, id);
  }

  /** {@code --metadata-file}: the keys buildx writes. */
  static void metadata(Path file, BuildResult result) throws IOException {
    ObjectNode node = Json.object();
    node.put("buildx.build.ref", result.buildId());
    result
        .config()
        .ifPresent(config -> node.put("containerimage.config.digest", config.toString()));
    if (result.imageDescriptor().isPresent()) {
      Descriptor image = result.imageDescriptor().get();
      node.set("containerimage.descriptor", image.toJson());
      node.put("containerimage.digest", image.digest().toString());
    }
    if (!result.names().isEmpty()) {
      node.put("image.name", String.join(",", result.names()));
    }
    write(file, new String(Json.indented(node), StandardCharsets.UTF_8));
  }

  static void write(Path file, String text) throws IOException {
    Path directory = file.toAbsolutePath().getParent();
    Path part = Files.createTempFile(directory, ".jbuild", ".part");
    try {
      Files.writeString(part, text);
      Files.setPosixFilePermissions(
          part, java.nio.file.attribute.PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(part);
    }
  }
}
