package dev.jbuild.engine.exec;

import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.SmallFile;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A Dockerfile as read, with the ignore file that belongs to it.
 *
 * @param name as messages have it
 * @param bytes the text
 * @param ignore text of {@code <Dockerfile>.dockerignore}; null if there is none
 */
record DockerfileText(String name, byte[] bytes, @Nullable String ignore) {
  private static final String IGNORE = ".dockerignore";
  private static final String DEFAULT = "Dockerfile";

  /**
   * Reads it.
   *
   * @param context the main context, nothing left out: a Dockerfile is read even when it is
   *     ignored, and its links lead nowhere else
   */
  static DockerfileText read(DockerfileSource source, ContextFiles.Root context)
      throws IOException {
    return switch (source) {
      case DockerfileSource.Inline inline -> new DockerfileText(inline.name(), inline.text(), null);
      case DockerfileSource.File file -> outside(file.path());
      case DockerfileSource.InContext inside -> {
        byte[] only = context.dockerfile();
        yield only != null && inside.path().equals(DEFAULT)
            ? new DockerfileText(DEFAULT, only, null)
            : inside(inside.path(), context.tree());
      }
    };
  }

  private static DockerfileText inside(String name, FileTree context) throws IOException {
    byte @Nullable [] text = find(name, context).orElse(null);
    if (text == null) {
      throw missing(name, names(context));
    }
    String ignore = find(name + IGNORE, context).map(SourceText::decode).orElse(null);
    return new DockerfileText(name, text, ignore);
  }

  private static Optional<byte[]> find(String name, FileTree context) throws IOException {
    BytePath path =
        BytePath.clampedLatin1(new String(SourceText.encode(name), StandardCharsets.ISO_8859_1));
    return SmallFile.read(context, path, DockerfileParser.MAX_FILE_BYTES);
  }

  private static DockerfileText outside(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new BuildFailure(
          Kind.NOT_FOUND, "there is no Dockerfile \"" + file + "\"", "name one with -f", null);
    }
    requireSize(file.toString(), Files.size(file));
    Path ignore = file.resolveSibling(file.getFileName() + IGNORE);
    if (Files.isRegularFile(ignore)) {
      requireSize(ignore.toString(), Files.size(ignore));
    }
    String text =
        Files.isRegularFile(ignore) ? SourceText.decode(Files.readAllBytes(ignore)) : null;
    return new DockerfileText(file.toString(), Files.readAllBytes(file), text);
  }

  private static void requireSize(String name, long size) {
    if (size > DockerfileParser.MAX_FILE_BYTES) {
      throw new BuildFailure(Kind.USER, "\"" + name + "\" is larger than 16 MiB");
    }
  }

  private static List<String> names(FileTree context) throws IOException {
    return context.list(BytePath.ROOT).stream()
        .filter(entry -> !entry.isDirectory())
        .map(entry -> entry.path().toString())
        .toList();
  }

  private static BuildFailure missing(String name, List<String> there) {
    String like =
        Nearest.of(name, there)
            .or(() ->
                there.stream()
                    .filter(each ->
                        name.equals(DEFAULT) && each.matches("(?i).*(docker|container)file.*"))
                    .findFirst())
            .map(near -> "the context has \"" + near + "\": name it with -f")
            .orElse("name one with -f");
    return new BuildFailure(
        Kind.NOT_FOUND, "there is no Dockerfile \"" + name + "\" in the context", like, null);
  }
}
