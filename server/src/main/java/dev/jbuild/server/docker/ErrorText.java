package dev.jbuild.server.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.oci.Json;

/** A failure as Docker's clients take it: one text, which they print as it is. */
public final class ErrorText {
  private ErrorText() {}

  /** The answer to a request that failed: {@code {"message": …}}. */
  public static ObjectNode answer(JsonNode failure) {
    return Json.object().put("message", of(failure));
  }

  /**
   * Place, message, lines of the Dockerfile and hint, in the order in which a terminal shows them.
   *
   * @param failure as {@link dev.jbuild.server.json.FailureJson} writes it
   */
  public static String of(JsonNode failure) {
    StringBuilder text = new StringBuilder();
    JsonNode errors = failure.path("errors");
    if (errors.size() > 0) {
      errors.forEach(error -> text.append(text.isEmpty() ? "" : "\n").append(one(error)));
    } else {
      text.append(one(failure));
    }
    return text.toString();
  }

  private static String one(JsonNode failure) {
    StringBuilder text = new StringBuilder();
    JsonNode span = failure.path("span");
    if (!span.isMissingNode()) {
      text.append(span.path("file").asText()).append(':').append(span.path("startLine").asInt());
      text.append(':').append(span.path("startColumn").asInt()).append(": ");
    }
    text.append(failure.path("message").asText());
    if (!failure.path("excerpt").asText().isEmpty()) {
      text.append('\n').append(failure.path("excerpt").asText());
    }
    if (!failure.path("hint").asText().isEmpty()) {
      text.append("\nhint: ").append(failure.path("hint").asText());
    }
    return text.toString();
  }
}
