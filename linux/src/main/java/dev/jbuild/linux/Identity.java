package dev.jbuild.linux;

/**
 * The user and group that the kernel takes this process for; what it makes belongs to them.
 *
 * @param uid effective user id
 * @param gid effective group id
 */
public record Identity(int uid, int gid) {

  /** As of now; ids of a process do not change under jbuild. */
  public static Identity current() {
    try (Scratch s = Scratch.take()) {
      return new Identity(
          (int) Kernel.call(s, Syscall.GETEUID, 0, 0, 0),
          (int) Kernel.call(s, Syscall.GETEGID, 0, 0, 0));
    }
  }

  public boolean isRoot() {
    return uid == 0;
  }
}
