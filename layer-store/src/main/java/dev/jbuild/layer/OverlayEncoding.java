package dev.jbuild.layer;

/**
 * How an unpacked layer says "gone" and "opaque" (kernel: filesystems/overlayfs "whiteouts and
 * opaque directories").
 */
public enum OverlayEncoding {
  /**
   * {@code trusted.overlay.*}: needs CAP_SYS_ADMIN in the initial user namespace. A whiteout is the
   * character device 0:0.
   */
  TRUSTED("trusted.overlay."),

  /** {@code user.overlay.*}: for mounts with {@code userxattr} (Linux 5.11). Whiteouts as above. */
  USER("user.overlay."),

  /**
   * For a store that is itself on an overlay, such as the root of a container: there the kernel
   * refuses the device 0:0 (ovl_mknod), so a whiteout is an empty file with an attribute. No
   * overlay is mounted of such layers, since an overlay cannot be another's upper directory.
   */
  NESTED("user.overlay.");

  private static final byte[] YES = {'y'};
  private final String prefix;

  OverlayEncoding(String prefix) {
    this.prefix = prefix;
  }

  /** The attribute that makes a directory opaque when its value is {@code y}. */
  public String opaqueAttribute() {
    return prefix + "opaque";
  }

  /** The attribute of a directory that is a copy of one at another path of the lower layers. */
  String redirectAttribute() {
    return prefix + "redirect";
  }

  /** The attribute of a file whose content is still in a lower layer. */
  String metacopyAttribute() {
    return prefix + "metacopy";
  }

  /** The attribute by which a zero-size regular file is a whiteout (nested overlays). */
  String whiteoutAttribute() {
    return prefix + "whiteout";
  }

  static byte[] yes() {
    return YES.clone();
  }
}
