package dev.jbuild.server.docker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The events of a build as the messages of Docker's classic builder, one JSON object a line.
 * Clients look for {@code aux} with the image's id, {@code Successfully built} and {@code error};
 * the rest is for people. Steps that run at once take turns: whose output follows is said again.
 *
 * <p>A build that fails before it had anything to say is refused, as dockerd does it: its only
 * message is the answer to a request that failed. Not thread-safe.
 */
public final class BuildMessages {
  private static final byte[] NEW_LINE = "\r\n".getBytes(StandardCharsets.US_ASCII);

  private final boolean quiet;
  private final Map<String, String> headings = new LinkedHashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private boolean sent;
  private boolean atLineStart = true;
  private boolean failedQuietly;
  private boolean replaying;
  private @Nullable String shown;
  private BuildFailure.@Nullable Kind refused;

  /**
   * Begins a build's messages.
   *
   * @param quiet whether only the id is sent, and everything if the build fails
   */
  public BuildMessages(boolean quiet) {
    this.quiet = quiet;
  }

  /**
   * The messages for an event; may be empty.
   *
   * @param event as {@link dev.jbuild.server.json.EventJson} writes it
   */
  public byte[] of(JsonNode event) {
    out.reset();
    if (!quiet || replaying) {
      tell(event);
    } else if (event.path("type").asText().equals("finished")) {
      stream(id(event.path("result")) + "\n");
    } else if (event.path("type").asText().equals("failed")) {
      failedQuietly = true;
    }
    sent |= out.size() > 0;
    return out.toByteArray();
  }

  /** Shows that the connection lives: what stands between messages. The answer has begun then. */
  public byte[] heartbeat() {
    sent = true;
    return NEW_LINE.clone();
  }

  /**
   * Whether all events are to be told once more, from the first: a quiet build has failed. From now
   * on nothing is left out.
   */
  public boolean replay() {
    boolean wanted = failedQuietly && !replaying;
    replaying |= wanted;
    return wanted;
  }

  /** Why the request as a whole failed, if it did: nothing had been told before. */
  public Optional<BuildFailure.Kind> refused() {
    return Optional.ofNullable(refused);
  }

  private void tell(JsonNode event) {
    switch (event.path("type").asText()) {
      case "planned" -> plan(event.path("steps"));
      case "step-started" -> started(event.path("step"));
      case "step-cached" -> cached(event.path("step"));
      case "step-output" -> output(event);
      case "step-progress" -> progress(event);
      case "warning" -> warning(event);
      case "finished" -> finished(event.path("result"));
      case "failed" -> failed(event.path("failure"));
      default -> {
        // how a step ended is told by what follows: the next step, or the end of the build
      }
    }
  }

  private void plan(JsonNode steps) {
    headings.clear();
    int number = 0;
    for (JsonNode step : steps) {
      // a step is named "[build 2/5] RUN make"; the classic builder counts through all stages
      String instruction = step.path("name").asText().replaceFirst("^\\[[^\\]]*] ", "");
      String heading = "Step " + ++number + "/" + steps.size() + " : " + instruction;
      headings.put(step.path("id").asText(), heading);
    }
  }

  private void started(JsonNode step) {
    String id = step.path("id").asText();
    if (headings.containsKey(id)) {
      head(id);
    } else if (id.startsWith("transfer:")) {
      String name = step.path("name").asText();
      message(
          Json.object()
              .put("status", name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1)));
    }
  }

  private void cached(JsonNode step) {
    String id = step.path("id").asText();
    if (headings.containsKey(id)) {
      head(id);
      if (!headings.getOrDefault(id, "").contains(" : FROM ")) {
        stream(" ---> Using cache\n");
      }
    }
  }

  private void output(JsonNode event) {
    String id = event.path("step").asText();
    if (!id.equals(shown) && headings.containsKey(id)) {
      head(id);
    }
    if (event.has("text")) {
      stream(event.path("text").asText());
    } else {
      byte[] bytes = Base64.getDecoder().decode(event.path("base64").asText());
      stream(new String(bytes, StandardCharsets.UTF_8));
    }
  }

  private void progress(JsonNode event) {
    String step = event.path("step").path("id").asText();
    String name = event.path("step").path("name").asText();
    String what = event.path("what").asText();
    long current = event.path("current").asLong();
    long total = event.path("total").asLong(-1);
    if (step.startsWith("transfer:")) {
      message(TransferMessages.progress(name.startsWith("push"), what, current, total));
    } else {
      message(TransferMessages.moved(what, step, current, total));
    }
  }

  private void warning(JsonNode event) {
    line("[Warning] " + ErrorText.of(event) + "\n");
  }

  private void finished(JsonNode result) {
    String id = id(result);
    message((ObjectNode) Json.object().set("aux", Json.object().put("ID", id)));
    line("Successfully built " + shortId(id) + "\n");
    result.path("names").forEach(name -> stream("Successfully tagged " + name.asText() + "\n"));
  }

  private void failed(JsonNode failure) {
    String text = ErrorText.of(failure);
    if (!sent) {
      refused = BuildFailure.Kind.valueOf(failure.path("kind").asText().toUpperCase(Locale.ROOT));
      message(Json.object().put("message", text));
      return;
    }
    message(error(text, failure.path("exitCode").asInt(0)));
  }

  /**
   * The last message of something that fails after its answer has begun.
   *
   * @param code what the client exits with; 0 leaves it to the client
   */
  public static ObjectNode error(String text, int code) {
    ObjectNode detail = Json.object();
    if (code != 0) {
      detail.put("code", code);
    }
    ObjectNode node = Json.object();
    node.set("errorDetail", detail.put("message", text));
    return node.put("error", text);
  }

  /** The config's digest, as image ids are; of several platforms the index's. */
  private static String id(JsonNode result) {
    return result.path("config").asText(result.path("digest").asText());
  }

  /** What people see of an id or a digest. */
  static String shortId(String digest) {
    String hex = digest.substring(digest.indexOf(':') + 1);
    return hex.substring(0, Math.min(12, hex.length()));
  }

  private void head(String id) {
    shown = id;
    line(headings.getOrDefault(id, id) + "\n");
  }

  /** Text that begins a line, whatever a step has left unfinished. */
  private void line(String text) {
    stream(atLineStart ? text : "\n" + text);
  }

  private void stream(String text) {
    if (!text.isEmpty()) {
      atLineStart = text.endsWith("\n");
      message(Json.object().put("stream", text));
    }
  }

  private void message(ObjectNode node) {
    out.writeBytes(Json.compact(node));
    out.writeBytes(NEW_LINE);
  }
}
