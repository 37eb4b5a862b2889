package dev.jbuild.engine;

import java.nio.file.Path;

/** Where the Dockerfile's text comes from. */
public sealed interface DockerfileSource {

  /** A path inside the main context, slash-separated; read even when it is ignored there. */
  record InContext(String path) implements DockerfileSource {}

  /** A file outside the context. */
  record File(Path path) implements DockerfileSource {}

  /** The text itself. The array is the record's own. */
  record Inline(String name, byte[] text) implements DockerfileSource {}
}
