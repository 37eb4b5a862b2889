package dev.jbuild.engine.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What became of each step of a build: found or executed, and why. The last build's notes are kept
 * in the store, for {@code jbuild explain}. Takes events as a listener does, one at a time.
 */
public final class BuildNotes {
  private static final String LAST = "last-build.json";

  private final Map<String, Note> notes = new LinkedHashMap<>();
  private String buildId = "";
  private Instant began = Instant.EPOCH;

  /**
   * One step.
   *
   * @param id as {@link Step#id}
   * @param name as shown in the progress
   * @param line where it stands: {@code Dockerfile:7}
   * @param state {@code cached}, {@code executed}, {@code failed} or {@code not reached}
   * @param why the cache it was found in, or what changed since it last was
   */
  public record Note(String id, String name, String line, String state, String why) {}

  /**
   * A whole build.
   *
   * @param steps in Dockerfile order
   */
  public record Notes(String buildId, Instant began, List<Note> steps) {
    public Notes {
      steps = List.copyOf(steps);
    }
  }

  /** Takes note of an event. */
  public void on(BuildEvent event) {
    switch (event) {
      case BuildEvent.Planned planned -> {
        buildId = planned.buildId();
        began = planned.time();
        planned.steps().forEach(step -> note(step, "not reached", ""));
      }
      case BuildEvent.StepCached cached -> known(cached.step(), "cached", cached.from());
      case BuildEvent.StepStarted started ->
          known(started.step(), "executed", started.missReason().orElse(""));
      case BuildEvent.StepFailed failed -> {
        Note before = notes.get(failed.step().id());
        known(failed.step(), "failed", before == null ? "" : before.why());
      }
      case BuildEvent.StepOutput output -> {}
      case BuildEvent.StepProgress progress -> {}
      case BuildEvent.StepFinished finished -> {}
      case BuildEvent.Warning warning -> {}
      case BuildEvent.Finished finished -> {}
      case BuildEvent.Failed failed -> {}
    }
  }

  private void known(Step step, String state, String why) {
    if (notes.containsKey(step.id())) {
      note(step, state, why);
    }
  }

  private void note(Step step, String state, String why) {
    String line = step.source().map(span -> span.file() + ":" + span.startLine()).orElse("");
    notes.put(step.id(), new Note(step.id(), step.name(), line, state, why));
  }

  /** Keeps the notes in place of those of the build before; a build without a plan has none. */
  public void save(Path directory) throws IOException {
    if (buildId.isEmpty()) {
      return;
    }
    ObjectNode root = Json.object();
    root.put("buildId", buildId);
    root.put("began", began.toString());
    ArrayNode steps = root.putArray("steps");
    for (Note note : notes.values()) {
      steps
          .addObject()
          .put("id", note.id())
          .put("name", note.name())
          .put("line", note.line())
          .put("state", note.state())
          .put("why", note.why());
    }
    Files.createDirectories(directory);
    Path temporary = Files.createTempFile(directory, ".notes", null);
    Files.write(temporary, Json.compact(root));
    Files.move(temporary, directory.resolve(LAST), StandardCopyOption.ATOMIC_MOVE);
  }

  /** The notes of the last build in a store; empty if there was none. */
  public static Optional<Notes> last(Path directory) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(directory.resolve(LAST));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
    ObjectNode root = Json.parseObject(bytes, "the last build's notes");
    List<Note> steps = new ArrayList<>();
    for (JsonNode step : root.path("steps")) {
      steps.add(
          new Note(
              step.path("id").asText(),
              step.path("name").asText(),
              step.path("line").asText(),
              step.path("state").asText(),
              step.path("why").asText()));
    }
    return Optional.of(
        new Notes(
            root.path("buildId").asText(), Instant.parse(root.path("began").asText()), steps));
  }
}
