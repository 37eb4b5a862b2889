package dev.jbuild.engine.copy;

import dev.jbuild.engine.WordFailure;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.SmallFile;
import dev.jbuild.linux.BytePath;
import dev.jbuild.sandbox.ImageUsers;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Who owns what a step makes, by {@code --chown} or USER.
 *
 * <p>A number alone is user and group; a name alone brings its group from the image's own passwd; a
 * group after the colon is a number or a name of the image's group file (BuildKit semantics 68). A
 * name that is not there is an error, as Docker's documentation says; BuildKit takes it for root.
 * {@code root} needs no file: it is 0 also in an empty image, and below a {@code --link}.
 *
 * @param uid 0 to 2^32-2
 * @param gid 0 to 2^32-2
 */
record Ownership(long uid, long gid) {
  static final Ownership ROOT = new Ownership(0, 0);

  private static final BytePath PASSWD = BytePath.of("etc/passwd");
  private static final BytePath GROUP = BytePath.of("etc/group");

  /**
   * @param spec {@code user}, {@code user:group}, {@code uid:gid} and mixtures
   * @param root the image's file system
   */
  static Ownership resolve(String spec, FileTree root) throws IOException {
    int colon = spec.indexOf(':');
    String user = colon < 0 ? spec : spec.substring(0, colon);
    String group = colon < 0 ? null : spec.substring(colon + 1);
    if (group != null && group.contains(":")) {
      throw new BuildFailure(
          Kind.USER, "owner \"" + spec + "\" has more than one colon", "write user:group", null);
    }
    Optional<Long> number = number(user);
    long uid;
    long gid;
    if (user.isEmpty()) {
      uid = 0;
      gid = 0;
    } else if (number.isPresent()) {
      uid = number.get();
      gid = uid;
    } else {
      Optional<List<String>> entry = find(root, PASSWD, user, "user", 4);
      uid = entry.isPresent() ? id(entry.get().get(2), user) : 0;
      gid = entry.isPresent() ? id(entry.get().get(3), user) : 0;
    }
    if (group != null) {
      Optional<Long> groupNumber = number(group);
      if (group.isEmpty()) {
        gid = 0;
      } else if (groupNumber.isPresent()) {
        gid = groupNumber.get();
      } else {
        Optional<List<String>> entry = find(root, GROUP, group, "group", 3);
        gid = entry.isPresent() ? id(entry.get().get(2), group) : 0;
      }
    }
    return new Ownership(uid, gid);
  }

  private static Optional<Long> number(String text) {
    if (text.isEmpty() || !text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      return Optional.empty();
    }
    if (text.length() > 10 || Long.parseLong(text) > 0xffff_fffeL) {
      throw new BuildFailure(Kind.USER, "id \"" + text + "\" is out of range");
    }
    return Optional.of(Long.parseLong(text));
  }

  private static long id(String text, String name) {
    return number(text)
        .orElseThrow(
            () -> new BuildFailure(Kind.USER, "the image has no number for \"" + name + "\""));
  }

  /** Its line of the file; empty only for root, where the file does not name it. */
  private static Optional<List<String>> find(
      FileTree root, BytePath file, String name, String what, int fields) throws IOException {
    Optional<byte[]> text = SmallFile.read(root, file, ImageUsers.MAX_FILE_BYTES);
    for (String line : lines(text.orElse(new byte[0]))) {
      List<String> columns = List.of(line.split(":", -1));
      if (columns.getFirst().equals(name) && columns.size() >= fields) {
        return Optional.of(columns);
      }
    }
    if (name.equals("root")) {
      return Optional.empty();
    }
    throw text.isPresent()
        ? new WordFailure(
            Kind.USER,
            "the image has no " + what + " \"" + name + "\" in /" + file,
            "create it in an earlier step, or give its number",
            name)
        : new WordFailure(
            Kind.USER,
            "there is no /" + file + " to find the " + what + " \"" + name + "\" in",
            "give its number; with --link a name is never looked up in the image below",
            name);
  }

  private static List<String> lines(byte[] text) {
    return new String(text, StandardCharsets.ISO_8859_1).lines().toList();
  }
}
