package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import java.util.regex.Pattern;

/**
 * A repository on a registry: what every request of the distribution protocol is about.
 *
 * @param host as a person writes it, with the port if there is one: {@code docker.io}, {@code
 *     127.0.0.1:5000}, {@code [::1]:5000}
 * @param path below it, {@code library/debian}
 */
public record RepositoryName(String host, String path) implements Comparable<RepositoryName> {
  static final String PATH_COMPONENT = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
  static final Pattern PATH = Pattern.compile(PATH_COMPONENT + "(?:/" + PATH_COMPONENT + ")*");
  private static final String LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
  static final Pattern HOST =
      Pattern.compile(
          "(?:" + LABEL + "(?:\\." + LABEL + ")*\\.?|\\[[a-fA-F0-9:.]+\\])(?::[0-9]{1,5})?");

  public RepositoryName {
    if (!HOST.matcher(host).matches()) {
      throw new BuildFailure(BuildFailure.Kind.USER, "invalid registry host \"" + host + "\"");
    }
    if (path.length() > 255 || !PATH.matcher(path).matches()) {
      throw new BuildFailure(BuildFailure.Kind.USER, "invalid repository \"" + path + "\"");
    }
  }

  @Override
  public int compareTo(RepositoryName other) {
    int byHost = host.compareTo(other.host);
    return byHost != 0 ? byHost : path.compareTo(other.path);
  }

  @Override
  public String toString() {
    return host + "/" + path;
  }
}
