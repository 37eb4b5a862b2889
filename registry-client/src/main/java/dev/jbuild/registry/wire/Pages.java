package dev.jbuild.registry.wire;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Lists that come in pages, each naming the next in a {@code Link} header (RFC 8288). */
final class Pages {
  /** No list is longer; a registry whose pages never end is stopped here. */
  static final int MOST = 10_000;

  private static final int LIMIT = 8 << 20;
  private static final Pattern NEXT =
      Pattern.compile("<([^>]*)>\\s*;(?:[^,]*;)?\\s*rel=\"?next\"?", Pattern.CASE_INSENSITIVE);

  private Pages() {}

  static byte[] read(InputStream body, Action action) throws IOException {
    byte[] bytes = body.readNBytes(LIMIT + 1);
    if (bytes.length > LIMIT) {
      throw ManifestBytes.corrupt(action, "a page is larger than " + LIMIT + " bytes");
    }
    return bytes;
  }

  /** Where the next page is, as the header has it. */
  static Optional<String> next(List<String> links) {
    for (String link : links) {
      Matcher matcher = NEXT.matcher(link);
      if (matcher.find()) {
        return Optional.of(matcher.group(1));
      }
    }
    return Optional.empty();
  }

  static String pathOf(URI uri) {
    return uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
  }
}
