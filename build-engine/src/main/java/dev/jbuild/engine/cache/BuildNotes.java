package dev.jbuild.engine.cache;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.event.StepNumbers;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.Json;
import dev.jbuild.store.DiskFailures;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What became of each step of a build: found or executed, and why. The notes of the last {@value
 * #MOST_BUILDS} builds are kept in the store, for {@code jbuild explain}. Takes events as a
 * listener does, one at a time.
 */
public final class BuildNotes {
  static final int MOST_BUILDS = 50;

  private static final String LAST = "last-build.json";
  private static final String SUFFIX = ".json";

  private final Map<String, Note> notes = new LinkedHashMap<>();
  private final StepNumbers numbers = new StepNumbers();
  private String buildId = "";
  private Instant began = Instant.EPOCH;
  private String outcome = "interrupted";
  private final List<String> tags;

  /** For a build that gives its image these names. */
  public BuildNotes(List<String> tags) {
    this.tags = List.copyOf(tags);
  }

  /**
   * One step.
   *
   * @param id as {@link Step#id}
   * @param number as the progress shows it, {@code #7}
   * @param name as shown in the progress
   * @param line where it stands: {@code Dockerfile:7}
   * @param state {@code cached}, {@code executed}, {@code failed} or {@code not reached}
   * @param why the cache it was found in, or what changed since it last was
   */
  public record Note(String id, int number, String name, String line, String state, String why) {}

  /**
   * A whole build.
   *
   * @param tags the names its image was to get
   * @param outcome {@code built}, {@code failed} or {@code interrupted}
   * @param steps in Dockerfile order
   */
  public record Notes(
      String buildId, Instant began, List<String> tags, String outcome, List<Note> steps) {
    public Notes {
      tags = List.copyOf(tags);
      steps = List.copyOf(steps);
    }

    /** How many steps have a state, such as {@code cached}. */
    public long count(String state) {
      return steps.stream().filter(step -> step.state().equals(state)).count();
    }
  }

  /** Takes note of an event. */
  public void on(BuildEvent event) {
    numbers.on(event);
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
      case BuildEvent.SandboxChosen chosen -> {}
      case BuildEvent.Warning warning -> {}
      case BuildEvent.Finished finished -> outcome = "built";
      case BuildEvent.Failed failed ->
          outcome = failed.failure().kind() == Kind.CANCELLED ? "interrupted" : "failed";
    }
  }

  private void known(Step step, String state, String why) {
    if (notes.containsKey(step.id())) {
      note(step, state, why);
    }
  }

  private void note(Step step, String state, String why) {
    String line = step.source().map(span -> span.file() + ":" + span.startLine()).orElse("");
    Note note = new Note(step.id(), numbers.of(step), step.name(), line, state, why);
    notes.put(step.id(), note);
  }

  /** Keeps the notes beside those of the builds before; a build without a plan has none. */
  public void save(Path directory) throws IOException {
    if (buildId.isEmpty()) {
      return;
    }
    Files.createDirectories(directory);
    byte[] bytes = Json.compact(json());
    write(directory, buildId + SUFFIX, bytes);
    write(directory, LAST, bytes);
    List<Path> builds = files(directory);
    for (Path old : builds.subList(Math.min(MOST_BUILDS, builds.size()), builds.size())) {
      Files.deleteIfExists(old);
    }
  }

  private static void write(Path directory, String name, byte[] bytes) throws IOException {
    WholeFile.replace(directory.resolve(name), bytes);
  }

  private ObjectNode json() {
    ObjectNode root = Json.object();
    root.put("buildId", buildId);
    root.put("began", began.toString());
    root.set("tags", Json.array(tags));
    root.put("outcome", outcome);
    ArrayNode steps = root.putArray("steps");
    for (Note note : notes.values()) {
      steps
          .addObject()
          .put("id", note.id())
          .put("number", note.number())
          .put("name", note.name())
          .put("line", note.line())
          .put("state", note.state())
          .put("why", note.why());
    }
    return root;
  }

  /** The notes of the last build in a store; empty if there was none. */
  public static Optional<Notes> last(Path directory) throws IOException {
    return read(directory.resolve(LAST));
  }

  /** The notes of the builds that are remembered, the newest first. */
  public static List<Notes> list(Path directory) throws IOException {
    List<Notes> all = new ArrayList<>();
    for (Path file : files(directory)) {
      read(file).ifPresent(all::add);
    }
    all.sort(Comparator.comparing(Notes::began).reversed());
    return all;
  }

  /** Newest first, without the one that is the last build's once more. */
  private static List<Path> files(Path directory) throws IOException {
    record Dated(Path file, FileTime time) {}
    List<Dated> found = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
      for (Path file : files) {
        if (!file.endsWith(LAST)) {
          found.add(new Dated(file, Files.getLastModifiedTime(file)));
        }
      }
    } catch (NoSuchFileException e) {
      // None yet, or another process has just removed one.
    }
    found.sort(Comparator.comparing(Dated::time).reversed());
    return found.stream().map(Dated::file).toList();
  }

  private static Optional<Notes> read(Path file) throws IOException {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw DiskFailures.of("read what is known of a build", e);
    }
    ObjectNode root = Json.parseObject(bytes, "a build's notes");
    List<Note> steps = new ArrayList<>();
    for (JsonNode step : root.path("steps")) {
      steps.add(
          new Note(
              step.path("id").asText(),
              step.path("number").asInt(),
              step.path("name").asText(),
              step.path("line").asText(),
              step.path("state").asText(),
              step.path("why").asText()));
    }
    List<String> tags = new ArrayList<>();
    root.path("tags").forEach(tag -> tags.add(tag.asText()));
    return Optional.of(
        new Notes(
            root.path("buildId").asText(),
            Instant.parse(root.path("began").asText()),
            tags,
            root.path("outcome").asText(),
            steps));
  }
}
