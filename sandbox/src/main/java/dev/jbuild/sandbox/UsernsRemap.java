package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Values of {@code --userns-remap}: which ids of the machine those of a step stand for. Only tier A
 * has the choice; at tier B a step's ids are ordinary ones anyway.
 */
public sealed interface UsernsRemap {

  /** Root of a step is root of the machine, held by namespaces, capabilities and the filter. */
  record Off() implements UsernsRemap {}

  /**
   * A range that is found: the one of user {@code jbuild} in /etc/subuid and /etc/subgid, else one
   * that these files give to nobody.
   *
   * @param required whether it is an error where ids cannot be remapped; else they are not
   */
  record Auto(boolean required) implements UsernsRemap {}

  /** A range that was given. */
  record Given(IdRange range) implements UsernsRemap {}

  /** What a command does that is not told. */
  UsernsRemap OFF = new Off();

  /** What a server does that is not told: remap where this machine can. */
  UsernsRemap WHERE_POSSIBLE = new Auto(false);

  /**
   * Reads a value of {@code --userns-remap}: {@code off}, {@code auto}, or {@code UID:GID:COUNT}.
   *
   * @throws BuildFailure of kind USER for any other text, and for ids that are out of range
   */
  static UsernsRemap parse(String text) {
    if (text.equals("off")) {
      return OFF;
    }
    if (text.equals("auto")) {
      return new Auto(true);
    }
    Matcher numbers = Pattern.compile("(\\d{1,10}):(\\d{1,10}):(\\d{1,10})").matcher(text);
    if (numbers.matches()) {
      long uid = Long.parseLong(numbers.group(1));
      long gid = Long.parseLong(numbers.group(2));
      long count = Long.parseLong(numbers.group(3));
      if (Math.min(uid, gid) >= 1
          && count >= 1
          && Math.max(uid, gid) + count <= Integer.MAX_VALUE) {
        return new Given(new IdRange((int) uid, (int) gid, (int) count));
      }
    }
    throw new BuildFailure(
        BuildFailure.Kind.USER,
        "--userns-remap: \"" + text + "\" is no range of ids",
        "use auto, off, or UID:GID:COUNT with ids from 1 to " + Integer.MAX_VALUE,
        null);
  }
}
