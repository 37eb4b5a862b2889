package dev.jbuild.layer;

import java.time.Instant;
import java.util.Optional;

/**
 * One entry as a tar says it, nothing of it believed: names are raw, owners and modes as written.
 *
 * @param name bytes of the path, one per char; may be absolute, hold {@code ".."}, or be nonsense
 * @param type the ustar type flag after extensions are taken in: {@code '0'} to {@code '6'}
 * @param link bytes of the link's target, empty if there is none
 * @param size bytes of the file, holes included
 * @param stored bytes that follow in the tar, without those of the sparse map
 * @param offset of these bytes from the start of the tar
 * @param sparse where they belong in the file, if it has holes
 */
record TarEntry(
    String name,
    char type,
    int mode,
    long uid,
    long gid,
    Instant mtime,
    String link,
    int major,
    int minor,
    Xattrs xattrs,
    long size,
    long stored,
    long offset,
    Optional<SparseMap> sparse) {

  Attributes attributes() {
    return new Attributes(mode & 07777, uid, gid, mtime, xattrs.filter(XattrPolicy::accepts));
  }
}
