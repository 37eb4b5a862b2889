package dev.jbuild.dockerfile.expand;

import java.util.regex.Pattern;

/** The argument of {@code --chmod} once expanded. */
public final class FileModes {
  private static final Pattern OCTAL = Pattern.compile("[0-7]{1,4}|0[0-7]{4}");
  private static final Pattern SYMBOLIC =
      Pattern.compile(
          // Possessive, so that it takes no stack for each repetition.
          "CLAUSE(?:,CLAUSE)*+".replace("CLAUSE", "[ugoa]*+(?:[+=-](?:[ugo]|[rwxXst]*+))++"));

  private FileModes() {}

  /** Whether {@code mode} is octal and at most 07777. */
  public static boolean isOctal(String mode) {
    return OCTAL.matcher(mode).matches();
  }

  /** Whether {@code mode} is octal and at most 07777, or changes as chmod(1) takes them. */
  public static boolean isValid(String mode) {
    return isOctal(mode) || SYMBOLIC.matcher(mode).matches();
  }
}
