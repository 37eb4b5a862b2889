package dev.jbuild.server.docker;

import dev.jbuild.failure.BuildFailure;

/** A version of the Engine API, as paths have it: {@code /v1.41/build}. */
public record ApiVersion(int major, int minor) implements Comparable<ApiVersion> {

  /** The oldest that is served: Docker 1.12's, and the oldest that dockerd served for long. */
  public static final ApiVersion LEAST = new ApiVersion(1, 24);

  /** The newest: what came later is about content of several platforms, which is not served. */
  public static final ApiVersion MOST = new ApiVersion(1, 44);

  /**
   * Refuses a version that is not served, in dockerd's words, which clients look for.
   *
   * @throws BuildFailure of kind {@code USER}
   */
  public void requireServed() {
    if (compareTo(LEAST) < 0) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "client version "
              + this
              + " is too old. Minimum supported API version is "
              + LEAST
              + ", please upgrade your client to a newer version");
    }
    if (compareTo(MOST) > 0) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "client version " + this + " is too new. Maximum supported API version is " + MOST);
    }
  }

  /** Whether this version is the given one or newer. */
  public boolean isAtLeast(int otherMajor, int otherMinor) {
    return compareTo(new ApiVersion(otherMajor, otherMinor)) >= 0;
  }

  @Override
  public int compareTo(ApiVersion other) {
    return major != other.major
        ? Integer.compare(major, other.major)
        : Integer.compare(minor, other.minor);
  }

  @Override
  public String toString() {
    return major + "." + minor;
  }
}
