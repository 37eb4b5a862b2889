package dev.jbuild.server.docker;

import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A path of Docker's Engine API, with or without a version before it. Everything below a version is
 * Docker's; without one, what begins as a path of Docker's does.
 *
 * @param version as asked for; {@link ApiVersion#MOST} where the path has none, as in dockerd
 * @param rest what follows, beginning with a slash: {@code /images/json}
 */
public record EnginePath(ApiVersion version, String rest) {
  private static final Pattern VERSIONED = Pattern.compile("/v(\\d{1,3})\\.(\\d{1,3})(/.*)?");

  private static final Set<String> FAMILIES =
      Set.of(
          "_ping",
          "auth",
          "build",
          "commit",
          "configs",
          "containers",
          "distribution",
          "events",
          "exec",
          "grpc",
          "images",
          "info",
          "networks",
          "nodes",
          "plugins",
          "secrets",
          "services",
          "session",
          "swarm",
          "system",
          "tasks",
          "version",
          "volumes");

  /** Reads a path; empty for one that is not Docker's. */
  public static Optional<EnginePath> of(String path) {
    Matcher versioned = VERSIONED.matcher(path);
    if (versioned.matches()) {
      ApiVersion version =
          new ApiVersion(
              Integer.parseInt(versioned.group(1)), Integer.parseInt(versioned.group(2)));
      return Optional.of(
          new EnginePath(version, versioned.group(3) == null ? "/" : versioned.group(3)));
    }
    EnginePath bare = new EnginePath(ApiVersion.MOST, path);
    return FAMILIES.contains(bare.family()) ? Optional.of(bare) : Optional.empty();
  }

  /** The first name of the rest: {@code images}. */
  public String family() {
    String[] names = rest.split("/", 3);
    return names.length < 2 ? "" : names[1];
  }

  /** Whether dockerd would know what this is about, whatever else may be wrong. */
  public boolean isKnown() {
    return FAMILIES.contains(family());
  }
}
