package dev.jbuild.dockerfile.ast;

/** A source of COPY or ADD. */
public sealed interface CopySource {
  /**
   * A path, wildcard pattern, URL or git reference.
   *
   * @param path expands when planned
   */
  record Path(Word path) implements CopySource {}

  /**
   * A file written in the Dockerfile. Its data expands when planned unless the delimiter is quoted;
   * quotes in it are kept.
   */
  record Inline(Heredoc heredoc) implements CopySource {}
}
