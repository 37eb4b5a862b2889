package dev.jbuild.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.image.ResultFile;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The files scripts read after a build. */
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

  /** Tells before a build what its end would: that there is no place for this file. */
  static void check(String flag, @Nullable String name) throws IOException {
    if (name == null) {
      return;
    }
    if (name.matches("[a-z][a-z0-9+.-]*://.*")) {
      throw new UsageError(
          flag + " \"" + name + "\" is a URL",
          "give it a file, and send that afterwards, as with curl --upload-file");
    }
    UsageError.of(() -> {
      ResultFile.check(flag, Path.of(name));
      return name;
    });
  }

  static void write(Path file, String text) throws IOException {
    ResultFile.write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
  }
}
