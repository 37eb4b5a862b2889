package dev.jbuild.sandbox;

import java.util.Arrays;

/**
 * A file that exists only while the step runs: {@code hosts}, {@code resolv.conf}, a secret, the
 * script of a heredoc. It lives on a tmpfs of the step's own, is bound at its target, and never
 * reaches a disk or the layer.
 *
 * @param target absolute path in the rootfs; missing parents are made and removed again
 * @param content what the file holds
 * @param mode permission bits, such as {@code 0400}
 * @param uid owner, as the step sees it
 * @param gid group, as the step sees it
 * @param readOnly whether writing fails; without it what the step writes is lost
 */
public record FileMount(
    String target, byte[] content, int mode, int uid, int gid, boolean readOnly) {
  public FileMount {
    if (!target.startsWith("/") || target.equals("/")) {
      throw new IllegalArgumentException("mount target \"" + target + "\" is not a path below /");
    }
    content = content.clone();
  }

  /** A file of root's that everyone may read and nobody may write. */
  public static FileMount readOnly(String target, byte[] content) {
    return new FileMount(target, content, 0644, 0, 0, true);
  }

  @Override
  public byte[] content() {
    return content.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof FileMount that
        && target.equals(that.target)
        && Arrays.equals(content, that.content)
        && mode == that.mode
        && uid == that.uid
        && gid == that.gid
        && readOnly == that.readOnly;
  }

  @Override
  public int hashCode() {
    return target.hashCode() * 31 + Arrays.hashCode(content);
  }

  /** Names the target and the size only: the content may be a secret. */
  @Override
  public String toString() {
    return "FileMount[target=" + target + ", " + content.length + " bytes]";
  }
}
