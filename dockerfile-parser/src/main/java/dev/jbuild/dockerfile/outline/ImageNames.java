package dev.jbuild.dockerfile.outline;

import java.util.regex.Pattern;

/** Names of images as FROM and {@code --from} have them. */
public final class ImageNames {
  /** An image reference as the distribution specification has it. */
  private static final Pattern REFERENCE =
      Pattern.compile(
          "(?:(?:[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*|\\[[0-9a-fA-F:]+\\])(?::[0-9]+)?/)?"
              + "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*"
              + "(?:/[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*)*"
              + "(?::\\w[\\w.-]{0,127})?"
              + "(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?");

  private ImageNames() {}

  /** Whether {@code text} may name an image: {@code [host[:port]/]name[:tag][@digest]}. */
  public static boolean isReference(String text) {
    return text.length() < 512 && REFERENCE.matcher(text).matches();
  }
}
