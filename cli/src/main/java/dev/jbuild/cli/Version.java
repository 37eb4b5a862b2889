package dev.jbuild.cli;

/** The version, as a constant: reading it from the jar would cost start-up time. */
final class Version {
  /** As in the pom; a test holds the two together. */
  static final String NUMBER = "0.1.0-SNAPSHOT";

  private Version() {}
}
