package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A step whose first process is an OCI runtime; its log tells a failed start from a failed step.
 */
final class OciStep implements RunningStep {

  private final EmbeddedStep step;
  private final Path bundle;
  private final Supplier<Optional<String>> outOfMemory;
  private @Nullable StepResult result;

  /**
   * A step that has been started.
   *
   * @param outOfMemory what is known of its end by the limit of its memory; the runtime has removed
   *     its cgroup then
   */
  OciStep(EmbeddedStep step, Path bundle, Supplier<Optional<String>> outOfMemory) {
    this.step = step;
    this.bundle = bundle;
    this.outOfMemory = outOfMemory;
  }

  @Override
  public synchronized StepResult await() throws InterruptedException {
    StepResult known = result;
    if (known == null) {
      StepResult raw = step.await();
      try {
        known = translate(raw);
      } finally {
        delete(bundle); // also where the caller forgets to close
      }
      result = known;
    }
    return known;
  }

  private StepResult translate(StepResult raw) {
    String complaint = OciLog.of(bundle).complaint();
    if (!complaint.isEmpty() && raw.exitCode() != 0 && !raw.killed() && !raw.timedOut()) {
      OptionalInt code = exitCode(complaint);
      if (code.isPresent()) {
        return with(raw, code.getAsInt(), complaint);
      }
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, "OCI runtime cannot run the step: " + complaint);
    }
    int code = raw.exitCode();
    Optional<String> oom =
        code == 0 || raw.killed() || raw.timedOut() ? Optional.empty() : outOfMemory.get();
    if (oom.isPresent()) {
      String signal = code == 137 ? "SIGKILL" : raw.signal().orElse(null);
      return new StepResult(code, signal, oom.get(), true, false, false, raw.usage());
    }
    // A runtime passes a signal on as 128 + its number.
    return code > 128 && code < 128 + 65 && raw.signal().isEmpty()
        ? new StepResult(
            code,
            Signals.name(code - 128),
            Signals.name(code - 128),
            raw.outOfMemory(),
            raw.timedOut(),
            raw.killed(),
            raw.usage())
        : raw;
  }

  /**
   * What a shell would end with, if a runtime complains of the program and not of something of its
   * own: 127 if it is not there, 126 if it cannot be executed. Each runtime and version has words
   * of its own for that.
   */
  static OptionalInt exitCode(String complaint) {
    String said = complaint.toLowerCase(Locale.ROOT);
    if (said.contains("not executable")) {
      return OptionalInt.of(126);
    }
    if (!said.contains("exec: ") && !said.contains("exec /") && !said.contains("executable")) {
      return OptionalInt.empty();
    }
    return said.contains("not found") || said.contains("no such file")
        ? OptionalInt.of(127)
        : said.contains("permission denied") || said.contains("exec format error")
            ? OptionalInt.of(126)
            : OptionalInt.empty();
  }

  private static StepResult with(StepResult raw, int code, String reason) {
    return new StepResult(code, null, reason, false, false, false, raw.usage());
  }

  @Override
  public void kill() {
    step.kill();
  }

  @Override
  public void signal(int signal) {
    step.signal(signal);
  }

  @Override
  public void input(byte[] bytes, int offset, int length) throws InterruptedException {
    step.input(bytes, offset, length);
  }

  @Override
  public void endInput() {
    step.endInput();
  }

  @Override
  public void resize(int rows, int columns) {
    step.resize(rows, columns);
  }

  @Override
  public void close() {
    step.close();
    delete(bundle);
  }

  static void delete(Path folder) {
    try (Stream<Path> walk = Files.walk(folder)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(path);
      }
    } catch (IOException _) {
      // Left for the system's cleaning of its temporary folder.
    }
  }
}
