package dev.jbuild.sandbox;

import java.util.List;

/**
 * A user as the kernel wants it.
 *
 * @param uid numeric user, 0 to 2^31-1
 * @param gid numeric primary group
 * @param additionalGids supplementary groups, without duplicates, in the order of the group file
 * @param home the home directory from passwd, or {@code /}
 */
public record ResolvedUser(int uid, int gid, List<Integer> additionalGids, String home) {

  /** root of an image that has no passwd file. */
  public static final ResolvedUser ROOT = new ResolvedUser(0, 0, List.of(), "/root");

  public ResolvedUser {
    additionalGids = List.copyOf(additionalGids);
  }
}
