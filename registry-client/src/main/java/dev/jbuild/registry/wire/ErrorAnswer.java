package dev.jbuild.registry.wire;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Collection;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a registry says is wrong (distribution-spec "Error Codes"), or as much as can be read of a
 * proxy's page in its stead.
 *
 * @param code the first error's code, null if the body is none of the spec's
 * @param message one line, may be empty
 */
record ErrorAnswer(@Nullable String code, String message) {
  private static final int LIMIT = 64 * 1024;
  private static final int LINE = 300;

  /** What is shorter is found by chance. */
  private static final int SHORTEST_SECRET = 4;

  /**
   * Reads the body; a body that cannot be read says nothing.
   *
   * @param secrets what was sent and is not to be shown: servers and proxies quote requests
   */
  static ErrorAnswer read(
      InputStream body, Optional<String> contentType, Collection<String> secrets) {
    byte[] bytes;
    try {
      bytes = body.readNBytes(LIMIT);
    } catch (IOException e) {
      return new ErrorAnswer(null, "");
    }
    String type = contentType.orElse("");
    if (type.contains("html") || bytes.length == 0) {
      return new ErrorAnswer(null, "");
    }
    try {
      JsonNode object = Json.parseObject(bytes, "error");
      JsonNode first = object.path("errors").path(0);
      String code = first.path("code").asText("");
      String message = first.path("message").asText("");
      if (message.isEmpty()) {
        message = object.path("message").asText(object.path("details").asText(""));
      }
      JsonNode detail = first.path("detail");
      if (detail.isTextual() && !detail.asText().isBlank() && !message.equals(detail.asText())) {
        message = message.isEmpty() ? detail.asText() : message + ": " + detail.asText();
      }
      String name = line(code, secrets);
      return new ErrorAnswer(name.isEmpty() ? null : name, line(message, secrets));
    } catch (BuildFailure e) {
      return new ErrorAnswer(null, line(new String(bytes, StandardCharsets.UTF_8), secrets));
    }
  }

  private static String line(String text, Collection<String> secrets) {
    String line = text.strip().lines().findFirst().orElse("").strip();
    StringBuilder clean = new StringBuilder();
    // It goes to a terminal.
    line.codePoints().filter(c -> !Character.isISOControl(c)).forEach(clean::appendCodePoint);
    String shown = clean.toString();
    // Before it is cut, which could leave a part of one.
    for (String secret : secrets) {
      if (secret.length() >= SHORTEST_SECRET) {
        shown = shown.replace(secret, "***");
      }
    }
    return shown.codePointCount(0, shown.length()) <= LINE
        ? shown
        : shown.substring(0, shown.offsetByCodePoints(0, LINE));
  }

  /** {@code MANIFEST_UNKNOWN "manifest unknown"}. */
  String text() {
    String quoted = message.isEmpty() ? "" : "\"" + message + "\"";
    return code == null ? quoted : quoted.isEmpty() ? code : code + " " + quoted;
  }

  /** Reads {@code Retry-After}: seconds or a date. */
  static Optional<Duration> retryAfter(Optional<String> header, Clock clock) {
    if (header.isEmpty()) {
      return Optional.empty();
    }
    String text = header.get().strip();
    try {
      return Optional.of(Duration.ofSeconds(Math.max(0, Long.parseLong(text))));
    } catch (NumberFormatException e) {
      try {
        ZonedDateTime date = ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME);
        Duration wait = Duration.between(clock.instant(), date.toInstant());
        return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
      } catch (DateTimeException notADate) {
        return Optional.empty();
      }
    }
  }
}
