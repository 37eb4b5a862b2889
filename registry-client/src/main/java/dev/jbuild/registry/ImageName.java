package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Digest;
import dev.jbuild.registry.auth.RegistryHosts;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The name of an image as people write it: {@code debian}, {@code ghcr.io/team/app:1.2}, {@code
 * 127.0.0.1:5000/x@sha256:…}.
 *
 * <p>The grammar is Docker's (distribution/reference): the first component is a registry if it
 * holds a dot or a colon, an upper-case letter, or is {@code localhost}; without a registry it is
 * Docker Hub, and there a single component lies under {@code library/}. With neither tag nor digest
 * the tag is {@code latest}. A name with both is fetched by its digest; the tag is for people.
 *
 * @param repository registry and path, defaults filled in
 * @param tagName the tag, null when the name has only a digest
 * @param pinned the digest, null when there is none
 */
public record ImageName(
    RepositoryName repository, @Nullable String tagName, @Nullable Digest pinned) {
  private static final String DEFAULT_TAG = "latest";

  /** Above every name: a host of DNS, a path, a tag and a digest. The patterns here recurse. */
  private static final int LONGEST = 1024;

  private static final Pattern TAG = Pattern.compile("\\w[\\w.-]{0,127}");
  private static final Pattern DIGEST_SHAPE =
      Pattern.compile("[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}");

  public ImageName {
    if (tagName != null && !TAG.matcher(tagName).matches()) {
      throw invalid(repository + ":" + tagName, "the tag \"" + tagName + "\" is not allowed");
    }
    if (tagName == null && pinned == null) {
      tagName = DEFAULT_TAG;
    }
  }

  /**
   * Reads a name.
   *
   * @throws BuildFailure of kind {@code USER} that says which part is wrong
   */
  public static ImageName parse(String text) {
    if (text.length() > LONGEST) {
      throw invalid(text.substring(0, 60) + "…", "it is longer than " + LONGEST + " characters");
    }
    String rest = text;
    Digest digest = null;
    int at = rest.indexOf('@');
    if (at >= 0) {
      String after = rest.substring(at + 1);
      if (!DIGEST_SHAPE.matcher(after).matches()) {
        throw invalid(text, "after \"@\" comes a digest such as sha256:…");
      }
      digest =
          Digest.tryParse(after)
              .orElseThrow(() -> invalid(text, "the digest \"" + after + "\" is not valid"));
      rest = rest.substring(0, at);
    }
    String tag = null;
    int colon = rest.lastIndexOf(':');
    if (colon > rest.lastIndexOf('/') && !rest.endsWith("]")) {
      tag = rest.substring(colon + 1);
      rest = rest.substring(0, colon);
      if (!TAG.matcher(tag).matches()) {
        throw invalid(text, "the tag \"" + tag + "\" is not allowed");
      }
    }
    if (rest.isEmpty()) {
      throw invalid(text, "the name is empty");
    }
    String host = RegistryHosts.DOCKER_HUB;
    String path = rest;
    int slash = rest.indexOf('/');
    if (slash >= 0 && isHost(rest.substring(0, slash))) {
      host = rest.substring(0, slash);
      path = rest.substring(slash + 1);
      if (!RepositoryName.HOST.matcher(host).matches()) {
        throw invalid(text, "\"" + host + "\" is not a host");
      }
    }
    if (RegistryHosts.canonical(host).equals(RegistryHosts.DOCKER_HUB)) {
      host = RegistryHosts.DOCKER_HUB;
      path = path.indexOf('/') < 0 ? "library/" + path : path;
    }
    if (path.length() > 255) {
      throw invalid(text, "the repository is longer than 255 characters");
    }
    Matcher components = RepositoryName.PATH.matcher(path);
    if (!components.matches()) {
      throw invalid(
          text,
          path.chars().anyMatch(c -> c >= 'A' && c <= 'Z')
              ? "a repository is in lower case"
              : "the repository \"" + path + "\" is not allowed");
    }
    return new ImageName(new RepositoryName(host, path), tag, digest);
  }

  /** Whether the text before the first slash names a registry and not a Docker Hub account. */
  private static boolean isHost(String first) {
    return first.indexOf('.') >= 0
        || first.indexOf(':') >= 0
        || first.equals("localhost")
        || first.chars().anyMatch(c -> c >= 'A' && c <= 'Z');
  }

  private static BuildFailure invalid(String text, String why) {
    return new BuildFailure(BuildFailure.Kind.USER, "invalid image name \"" + text + "\": " + why);
  }

  public static ImageName of(RepositoryName repository, String tag) {
    return new ImageName(repository, tag, null);
  }

  public Optional<String> tag() {
    return Optional.ofNullable(tagName);
  }

  public Optional<Digest> digest() {
    return Optional.ofNullable(pinned);
  }

  /** What to ask the registry for: the digest if there is one, else the tag. */
  public Reference reference() {
    if (pinned != null) {
      return new Reference.ByDigest(pinned);
    }
    return new Reference.Tag(tagName == null ? DEFAULT_TAG : tagName);
  }

  /** The same repository and tag at exactly this content. */
  public ImageName at(Digest digest) {
    return new ImageName(repository, tagName, digest);
  }

  /** The short form people write: Docker Hub's host, {@code library/} and nothing else left out. */
  public String familiar() {
    String base = repository.toString();
    if (repository.host().equals(RegistryHosts.DOCKER_HUB)) {
      base = repository.path();
      if (base.startsWith("library/") && base.indexOf('/') == base.lastIndexOf('/')) {
        base = base.substring("library/".length());
      }
    }
    return base + suffix();
  }

  private String suffix() {
    return (tagName == null ? "" : ":" + tagName) + (pinned == null ? "" : "@" + pinned);
  }

  /** The full form, with registry and tag or digest; {@link #parse} reads it back. */
  @Override
  public String toString() {
    return repository + suffix();
  }
}
