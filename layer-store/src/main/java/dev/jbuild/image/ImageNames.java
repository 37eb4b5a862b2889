package dev.jbuild.image;

import dev.jbuild.failure.BuildFailure;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * The names of images as people write them: {@code hello}, {@code hello:1}, {@code
 * host:5000/a/b:1}.
 *
 * <p>The store keeps names as they were given, completed by {@code :latest}. Archives carry the
 * full name besides, as Docker's and containerd's do.
 */
public final class ImageNames {
  private static final Pattern VALID =
      Pattern.compile(
          "(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?/)?"
              + "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
              + "(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?");

  /** Above every name: a host of DNS, a path and a tag. The pattern recurses. */
  private static final int LONGEST = 1024;

  private static final String HUB = "docker.io/";
  private static final String HUB_LIBRARY = "docker.io/library/";

  private ImageNames() {}

  /**
   * The name with a tag: {@code latest} where there is none.
   *
   * @throws BuildFailure of kind {@code USER} if it is no name for an image
   */
  public static String complete(String name) {
    if (name.length() > LONGEST) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "invalid image name \""
              + name.substring(0, 60)
              + "…\": it is longer than "
              + LONGEST
              + " characters");
    }
    if (!VALID.matcher(name).matches()) {
      throw new BuildFailure(
          BuildFailure.Kind.USER, "invalid image name \"" + name + "\"", hint(name), null);
    }
    return hasTag(name) ? name : name + ":latest";
  }

  private static String hint(String name) {
    int scheme = name.indexOf("://");
    if (scheme > 0 && VALID.matcher(name.substring(scheme + 3)).matches()) {
      return "write \"" + name.substring(scheme + 3) + "\": a name has no scheme";
    }
    String lower = name.toLowerCase(Locale.ROOT);
    return VALID.matcher(lower).matches()
        ? "write it in lower case: \"" + lower + "\""
        : "write it as [host[:port]/]path[:tag], the path in lower case";
  }

  /** The tag alone; empty if there is none. */
  static String tag(String name) {
    return hasTag(name) ? name.substring(name.lastIndexOf(':') + 1) : "";
  }

  /** The name without its tag. */
  static String repository(String name) {
    return hasTag(name) ? name.substring(0, name.lastIndexOf(':')) : name;
  }

  private static boolean hasTag(String name) {
    return name.lastIndexOf(':') > name.lastIndexOf('/');
  }

  /** With the registry spelled out: {@code docker.io/library/hello:latest}. */
  static String full(String name) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    if (first.contains(".") || first.contains(":") || first.equals("localhost")) {
      return name;
    }
    return (slash < 0 ? HUB_LIBRARY : HUB) + name;
  }

  /** The reverse of {@link #full}: what people write. */
  static String familiar(String name) {
    return name.startsWith(HUB_LIBRARY)
        ? name.substring(HUB_LIBRARY.length())
        : name.startsWith(HUB) ? name.substring(HUB.length()) : name;
  }
}
