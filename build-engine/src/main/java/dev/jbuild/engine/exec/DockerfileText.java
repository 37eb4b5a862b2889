package dev.jbuild.engine.exec;

import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A Dockerfile as read, with the ignore file that belongs to it.
 *
 * @param name as messages have it
 * @param bytes the text
 * @param ignore text of {@code <Dockerfile>.dockerignore}; null if there is none
 */
record DockerfileText(String name, byte[] bytes, @Nullable String ignore) {

  /**
   * Reads it.
   *
   * @param context directory of the main context; null if it has none
   */
  static DockerfileText read(DockerfileSource source, @Nullable Path context) throws IOException {
    return switch (source) {
      case DockerfileSource.Inline inline ->
          new DockerfileText(inline.name(), inline.text(), null);
      case DockerfileSource.File file -> read(file.path().toString(), file.path());
      case DockerfileSource.InContext inside -> {
        if (context == null) {
          throw new BuildFailure(
              Kind.USER, "there is no context to read \"" + inside.path() + "\" from");
        }
        yield read(inside.path(), beneath(context, inside.path()));
      }
    };
  }

  /** A Dockerfile is read even when it is ignored, but never from outside the context. */
  private static Path beneath(Path context, String path) throws IOException {
    Path root = context.toRealPath();
    Path file = root.resolve(path).normalize();
    if (Files.exists(file) && !file.toRealPath().startsWith(root)) {
      throw new BuildFailure(
          Kind.USER, "\"" + path + "\" leads out of the context", "copy it into the context", null);
    }
    return file;
  }

  private static DockerfileText read(String name, Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new BuildFailure(
          Kind.NOT_FOUND, "there is no Dockerfile \"" + name + "\"", "name one with --file", null);
    }
    if (Files.size(file) > DockerfileParser.MAX_FILE_BYTES) {
      throw new BuildFailure(Kind.USER, "\"" + name + "\" is larger than 16 MiB");
    }
    Path ignore = file.resolveSibling(file.getFileName() + ".dockerignore");
    String text = Files.isRegularFile(ignore) ? SourceText.decode(Files.readAllBytes(ignore)) : null;
    return new DockerfileText(name, Files.readAllBytes(file), text);
  }
}
