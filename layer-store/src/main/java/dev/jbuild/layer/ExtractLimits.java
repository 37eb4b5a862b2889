package dev.jbuild.layer;

/**
 * What a layer may demand at most. Beyond any of these it is refused.
 *
 * @param entries files, links, directories and whiteouts; the parts of sparse files count as well
 * @param tarBytes length of the uncompressed tar; a compressed bomb ends here
 * @param fileBytes apparent size of one file, holes included
 * @param pathBytes length of one path
 * @param headerBytes of one extended header, which is held in memory, and of all that global ones
 *     leave behind
 * @param headersBytes of all extended headers, whose names and attributes a tree holds in memory
 */
public record ExtractLimits(
    long entries,
    long tarBytes,
    long fileBytes,
    int pathBytes,
    int headerBytes,
    long headersBytes) {
  /** Above every sane image: 4 million entries, 1 TiB, paths twice as long as the kernel takes. */
  public static final ExtractLimits DEFAULT =
      new ExtractLimits(4_000_000, 1L << 40, 1L << 42, 8192, 4 << 20, 1L << 29);

  public ExtractLimits withEntries(long entries) {
    return new ExtractLimits(entries, tarBytes, fileBytes, pathBytes, headerBytes, headersBytes);
  }

  public ExtractLimits withTarBytes(long tarBytes) {
    return new ExtractLimits(entries, tarBytes, fileBytes, pathBytes, headerBytes, headersBytes);
  }

  public ExtractLimits withHeaderBytes(int headerBytes, long headersBytes) {
    return new ExtractLimits(entries, tarBytes, fileBytes, pathBytes, headerBytes, headersBytes);
  }
}
