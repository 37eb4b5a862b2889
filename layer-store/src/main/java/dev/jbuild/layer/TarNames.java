package dev.jbuild.layer;

/** Names that tar and the OCI layer format give a meaning. */
final class TarNames {
  /** Prefix of an entry that deletes (OCI layer.md "Whiteouts"). */
  static final String WHITEOUT = ".wh.";

  /** Name of the entry that makes its directory opaque. */
  static final String OPAQUE = ".wh..wh..opq";

  /** Prefix of AUFS bookkeeping that old layers hold and everyone skips. */
  static final String AUFS = ".wh..wh.";

  /** Key of an extended attribute in a PAX header. */
  static final String XATTR = "SCHILY.xattr.";

  /** The same of libarchive: name URL-encoded, value in base64. */
  static final String XATTR_LIBARCHIVE = "LIBARCHIVE.xattr.";

  private TarNames() {}

  /** Whether what follows {@link #WHITEOUT} in a name is the name of a file. */
  static boolean isWhitedOut(String hidden) {
    return !hidden.isEmpty() && !hidden.equals(".") && !hidden.equals("..");
  }
}
