package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Resolves what a Dockerfile's USER names against the image's own passwd and group files.
 *
 * <p>As BuildKit does at RUN time: {@code uid:gid} in numbers needs no files; a number alone takes
 * its group from passwd, or 0 where it has no entry; a name must exist; supplementary groups are
 * read only where no group is written. The first matching entry of a file wins. Malformed lines are
 * skipped.
 */
public final class ImageUsers {

  /** What a passwd or group file may reasonably have; longer ones are not to be read: 4 MiB. */
  public static final int MAX_FILE_BYTES = 4 << 20;

  private static final int MAX_ID = Integer.MAX_VALUE;

  private ImageUsers() {}

  private record User(String name, int uid, int gid, String home) {}

  private record Group(String name, int gid, List<String> members) {}

  /**
   * Resolves one USER.
   *
   * @param user as written, expanded; empty means root
   * @param passwd contents of /etc/passwd, or null where the image has none
   * @param group contents of /etc/group, or null where the image has none
   * @throws BuildFailure of kind USER if a name has no entry, a number is out of range, or the text
   *     is none of {@code user}, {@code user:group}
   */
  public static ResolvedUser resolve(
      String user, byte @Nullable [] passwd, byte @Nullable [] group) {
    int colon = user.indexOf(':');
    String userPart = colon < 0 ? user : user.substring(0, colon);
    String groupPart = colon < 0 ? "" : user.substring(colon + 1);
    if (groupPart.indexOf(':') >= 0) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "user \"" + user + "\" has more than one \":\"",
          "write user or user:group",
          null);
    }
    List<User> users = users(passwd);
    OptionalInt uidNumber = number(userPart, user);
    Optional<User> entry =
        users.stream()
            .filter(u ->
                userPart.isEmpty()
                    ? u.uid == 0
                    : uidNumber.isPresent()
                        ? u.uid == uidNumber.getAsInt()
                        : u.name.equals(userPart))
            .findFirst();
    if (entry.isEmpty() && !userPart.isEmpty() && uidNumber.isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "user \"" + userPart + "\" is not in the image's /etc/passwd",
          "create it with a RUN before, or use a numeric id",
          null);
    }
    int uid = entry.map(User::uid).orElse(uidNumber.orElse(0));
    OptionalInt gidNumber = number(groupPart, user);
    LinkedHashSet<Integer> additional = new LinkedHashSet<>();
    int gid;
    if (groupPart.isEmpty()) {
      gid = entry.map(User::gid).orElse(0);
      if (entry.isPresent()) {
        String name = entry.get().name();
        groups(group).stream()
            .filter(g -> g.members.contains(name))
            .forEach(g -> additional.add(g.gid));
      }
    } else if (gidNumber.isPresent()) {
      gid = gidNumber.getAsInt();
    } else {
      gid =
          groups(group).stream()
              .filter(g -> g.name.equals(groupPart))
              .findFirst()
              .map(Group::gid)
              .orElseThrow(() ->
                  new BuildFailure(
                      BuildFailure.Kind.USER,
                      "group \"" + groupPart + "\" is not in the image's /etc/group",
                      "create it with a RUN before, or use a numeric id",
                      null));
    }
    // HOME is looked up by number, as the OCI runtimes do it.
    String home = users.stream().filter(u -> u.uid == uid).findFirst().map(User::home).orElse("");
    return new ResolvedUser(
        uid, gid, List.copyOf(additional), home.isEmpty() ? (uid == 0 ? "/root" : "/") : home);
  }

  private static OptionalInt number(String text, String whole) {
    if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return OptionalInt.empty();
    }
    if (text.length() > 10 || Long.parseLong(text) > MAX_ID) {
      throw new BuildFailure(
          BuildFailure.Kind.USER, "id " + text + " of user \"" + whole + "\" is above " + MAX_ID);
    }
    return OptionalInt.of((int) Long.parseLong(text));
  }

  private static List<User> users(byte @Nullable [] passwd) {
    List<User> users = new ArrayList<>();
    for (String[] fields : (Iterable<String[]>) lines(passwd)::iterator) {
      if (fields.length >= 4) {
        OptionalInt uid = id(fields[2]);
        OptionalInt gid = id(fields[3]);
        if (uid.isPresent() && gid.isPresent()) {
          users.add(
              new User(
                  fields[0], uid.getAsInt(), gid.getAsInt(), fields.length > 5 ? fields[5] : ""));
        }
      }
    }
    return users;
  }

  private static List<Group> groups(byte @Nullable [] group) {
    List<Group> groups = new ArrayList<>();
    for (String[] fields : (Iterable<String[]>) lines(group)::iterator) {
      OptionalInt gid = fields.length >= 3 ? id(fields[2]) : OptionalInt.empty();
      if (gid.isPresent()) {
        groups.add(
            new Group(
                fields[0],
                gid.getAsInt(),
                fields.length > 3 ? List.of(fields[3].split(",", -1)) : List.of()));
      }
    }
    return groups;
  }

  private static OptionalInt id(String field) {
    try {
      int value = Integer.parseInt(field.strip());
      return value < 0 ? OptionalInt.empty() : OptionalInt.of(value);
    } catch (NumberFormatException _) {
      return OptionalInt.empty();
    }
  }

  private static Stream<String[]> lines(byte @Nullable [] file) {
    if (file == null) {
      return Stream.empty();
    }
    // ISO 8859-1 keeps every byte, so that a name that is not UTF-8 still equals itself.
    return new String(file, StandardCharsets.ISO_8859_1)
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#"))
        .map(line -> line.split(":", -1));
  }
}
