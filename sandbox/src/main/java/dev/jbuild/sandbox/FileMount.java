package dev.jbuild.sandbox;

/**
 * A file that exists only while the step runs: {@code hosts}, {@code resolv.conf}, a secret, the
 * script of a heredoc. It lives on a tmpfs of the step's own, is bound at its target, and never
 * reaches a disk or the layer. Immutable; compared by identity, for its content may be a secret.
 */
public final class FileMount {

  private final String target;
  private final byte[] content;
  private final int mode;
  private final int uid;
  private final int gid;
  private final boolean readOnly;

  /**
   * Describes one file.
   *
   * @param target absolute path in the rootfs; missing parents are made and removed again
   * @param content what the file holds
   * @param mode permission bits, such as {@code 0400}
   * @param uid owner, as the step sees it
   * @param gid group, as the step sees it
   * @param readOnly whether writing fails; without it what the step writes is lost
   */
  public FileMount(String target, byte[] content, int mode, int uid, int gid, boolean readOnly) {
    if (!target.startsWith("/") || target.equals("/")) {
      throw new IllegalArgumentException("mount target \"" + target + "\" is not a path below /");
    }
    this.target = target;
    this.content = content.clone();
    this.mode = mode;
    this.uid = uid;
    this.gid = gid;
    this.readOnly = readOnly;
  }

  /** A file of root's that everyone may read and nobody may write. */
  public static FileMount readOnly(String target, byte[] content) {
    return new FileMount(target, content, 0644, 0, 0, true);
  }

  public String target() {
    return target;
  }

  public byte[] content() {
    return content.clone();
  }

  public int mode() {
    return mode;
  }

  public int uid() {
    return uid;
  }

  public int gid() {
    return gid;
  }

  public boolean isReadOnly() {
    return readOnly;
  }

  /** Names the target and the size only. */
  @Override
  public String toString() {
    return "FileMount[" + target + ", " + content.length + " bytes]";
  }
}
