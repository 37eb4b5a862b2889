package dev.jbuild.layer;

/** The value of {@code security.capability} ({@code struct vfs_ns_cap_data}, capabilities(7)). */
final class Capability {
  private static final int REVISION_2_SIZE = 20;
  private static final int REVISION_3_SIZE = 24;

  private Capability() {}

  /**
   * The value as any user namespace may read it. Revision 3 names, in four more bytes, the host id
   * of the namespace's root that it is valid for; that id means nothing in an image, and a layer
   * made in a user namespace must equal one made by root. Revision 2 is the same without it.
   */
  static byte[] portable(byte[] value) {
    if (value.length != REVISION_3_SIZE || value[3] != 3) {
      return value;
    }
    byte[] result = java.util.Arrays.copyOf(value, REVISION_2_SIZE);
    result[3] = 2;
    return result;
  }
}
