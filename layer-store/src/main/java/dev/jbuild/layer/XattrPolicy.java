package dev.jbuild.layer;

/**
 * Which extended attributes belong to an image.
 *
 * <p>Kept: {@code user.*} and {@code security.capability}, and {@code trusted.*} where the kernel
 * shows it. Not kept: what describes the host (SELinux labels, IMA), what {@code chmod} says
 * already or needs host ids (ACLs in {@code system.*}), and the marks of overlayfs and of jbuild.
 * The last also must never come out of a tar: {@code trusted.overlay.redirect} would let a layer
 * name any directory below it.
 */
public final class XattrPolicy {
  private XattrPolicy() {}

  /** Whether an attribute may enter a layer, and may be set when one is unpacked. */
  public static boolean accepts(String name) {
    if (name.startsWith("user.")) {
      return !name.startsWith("user.overlay.") && !name.startsWith("user.jbuild.");
    }
    if (name.startsWith("trusted.")) {
      return !name.startsWith("trusted.overlay.") && !name.startsWith("trusted.jbuild.");
    }
    return name.equals(Xattrs.CAPABILITY);
  }
}
