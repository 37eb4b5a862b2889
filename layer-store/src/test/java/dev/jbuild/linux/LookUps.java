package dev.jbuild.linux;

/** The two ways to a name beneath a directory, for suites that must hold by both. */
public enum LookUps {
  OPENAT2,
  WALK;

  /** Whether this machine's kernel lets it be used. */
  public boolean possible() {
    return this == WALK || Beneath.kernelHasOpenat2();
  }

  /** From now on every look-up of this process is made so. */
  public void use() {
    Beneath.walkAlways = this == WALK;
  }
}
