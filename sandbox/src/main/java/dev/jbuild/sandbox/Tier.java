package dev.jbuild.sandbox;

/** What the kernel grants the executor; design "Tiers". */
public enum Tier {
  /** Root with CAP_SYS_ADMIN: all namespaces, overlay, cgroups. */
  A,
  /** The same inside a user namespace. */
  B,
  /** Root in a plain container: no mount, no unshare; chroot and filters. */
  C
}
