package dev.jbuild.cli;

import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.source.GitReference;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what people write for a build context. */
final class ContextArgument {
  private ContextArgument() {}

  /**
   * The main context: a directory, an archive's URL or a repository; {@code -} is read elsewhere.
   */
  static ContextSource parse(String text) {
    if (GitReference.parse(text, GitReference.Place.CONTEXT).isPresent()) {
      return new ContextSource.Git(text);
    }
    if (text.startsWith("http://") || text.startsWith("https://")) {
      return new ContextSource.Http(text);
    }
    requireSupported(text);
    return directory("build context", text);
  }

  private static void requireSupported(String text) {
    if (text.matches("[a-z][a-z0-9+.-]+://.*")) {
      boolean named = text.startsWith("docker-image://") || text.startsWith("oci-layout://");
      throw new UsageError(
          "a build context cannot be at \"" + text + "\"",
          named
              ? "name it beside the main one: --build-context NAME=" + text
              : "it is a directory, a repository (git, ssh, https), an https URL of a tar, or -");
    }
  }

  /** A named context, {@code --build-context NAME=…}. */
  static ContextSource named(String text) {
    if (text.startsWith("docker-image://")) {
      return new ContextSource.Image(text.substring("docker-image://".length()));
    }
    if (text.startsWith("oci-layout://")) {
      String rest = text.substring("oci-layout://".length());
      int at = rest.indexOf('@');
      int colon = rest.lastIndexOf(':');
      int end = at >= 0 ? at : colon > rest.lastIndexOf('/') ? colon : rest.length();
      return new ContextSource.OciLayout(
          Path.of(rest.substring(0, end)),
          end == rest.length() ? "latest" : rest.substring(end + 1));
    }
    if (text.startsWith("target:")) {
      throw new UsageError(
          "--build-context " + text + ": \"target:\" is for bake files",
          "a stage of the same Dockerfile is named without a context");
    }
    return parse(text);
  }

  static ContextSource.Directory directory(String what, String text) {
    Path path = Path.of(text);
    if (!Files.isDirectory(path)) {
      throw new UsageError(
          what
              + " \""
              + text
              + "\" "
              + (Files.exists(path) ? "is not a directory" : "does not exist"),
          Files.isRegularFile(path)
              ? "name the directory, and a Dockerfile in it with --file; a tar comes in by -"
              : null);
    }
    return new ContextSource.Directory(path);
  }
}
