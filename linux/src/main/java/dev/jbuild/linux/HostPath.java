package dev.jbuild.linux;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.nio.file.Path;

/** Paths of the JDK as the kernel is given them. */
final class HostPath {
  private HostPath() {}

  /**
   * The URI of a path keeps its exact bytes, percent-encoded; its text may not, unless all of it is
   * ASCII.
   */
  static String bytes(Path path) {
    String text = path.toAbsolutePath().toString();
    if (text.getBytes(UTF_8).length == text.length()) {
      return text;
    }
    URI uri = path.toAbsolutePath().toUri();
    String raw = uri.getRawPath();
    StringBuilder bytes = new StringBuilder(raw.length());
    for (int i = 0; i < raw.length(); i++) {
      char c = raw.charAt(i);
      if (c == '%') {
        bytes.append((char) Integer.parseInt(raw, i + 1, i + 3, 16));
        i += 2;
      } else {
        bytes.append(c);
      }
    }
    return bytes.toString();
  }
}
