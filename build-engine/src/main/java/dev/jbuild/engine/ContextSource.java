package dev.jbuild.engine;

import java.nio.file.Path;
import java.util.Optional;

/** Where the files of a build context come from. */
public sealed interface ContextSource {

  /** A directory on this machine; its {@code .dockerignore} applies. */
  record Directory(Path path) implements ContextSource {}

  /**
   * A tar archive, plain or compressed with gzip, bzip2, xz or zstd; unpacked beneath a private
   * directory for the time of the build.
   */
  record Archive(Path file) implements ContextSource {}

  /** No files at all, as with a Dockerfile read from standard input alone. */
  record Empty() implements ContextSource {}

  /** An image in a registry or the store ({@code docker-image://}); only as a named context. */
  record Image(String name) implements ContextSource {}

  /** An OCI layout directory ({@code oci-layout://dir[:tag|@digest]}); only as a named context. */
  record OciLayout(Path directory, String reference) implements ContextSource {
    private static final String SCHEME = "oci-layout://";

    /** Reads what {@link #toString} writes; empty for the name of an image elsewhere. */
    public static Optional<OciLayout> parse(String text) {
      int at = text.lastIndexOf('@');
      return text.startsWith(SCHEME) && at > 0
          ? Optional.of(
              new OciLayout(Path.of(text.substring(SCHEME.length(), at)), text.substring(at + 1)))
          : Optional.empty();
    }

    @Override
    public String toString() {
      return SCHEME + directory + "@" + reference;
    }
  }

  /** A git repository, as written: {@code https://host/repo.git#ref:subdir}. */
  record Git(String url) implements ContextSource {}

  /** A tar archive or a Dockerfile behind an http or https URL. */
  record Http(String url) implements ContextSource {}
}
