package dev.jbuild.cli.progress;

import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.failure.BuildFailure;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Keeps the last output of each running step, a bounded part of it, for the one that fails. */
final class OutputTails {
  private static final int BYTES = 8 << 10;
  private static final int LINES = 20;

  private final Map<String, byte[]> running = new HashMap<>();
  private @Nullable Tail failed;

  /** The end of what a failed step wrote. */
  static final class Tail {
    private final Step step;
    private final byte[] bytes;

    private Tail(Step step, byte[] bytes) {
      this.step = step;
      this.bytes = bytes;
    }

    void print(PrintStream err) {
      ByteArrayOutputStream text = new ByteArrayOutputStream();
      text.writeBytes(Lines.utf8("--- the last output of " + step.name() + "\n"));
      text.writeBytes(lastLines());
      if (bytes[bytes.length - 1] != '\n') {
        text.write('\n');
      }
      text.writeBytes(Lines.utf8("---\n"));
      byte[] shown = TerminalGuard.clean(text.toByteArray());
      err.write(shown, 0, shown.length);
      err.flush();
    }

    private byte[] lastLines() {
      int at = bytes.length - 1;
      for (int lines = 0; at > 0; at--) {
        if (bytes[at - 1] == '\n' && ++lines == LINES) {
          break;
        }
      }
      return Arrays.copyOfRange(bytes, at, bytes.length);
    }
  }

  synchronized void on(BuildEvent event) {
    switch (event) {
      case BuildEvent.StepOutput output -> append(output.step().id(), output.bytes());
      case BuildEvent.StepFinished finished -> running.remove(finished.step().id());
      case BuildEvent.StepFailed end -> {
        byte[] bytes = running.remove(end.step().id());
        if (bytes != null
            && failed == null
            && end.failure().kind() != BuildFailure.Kind.CANCELLED) {
          failed = new Tail(end.step(), bytes);
        }
      }
      case BuildEvent.Planned _,
          BuildEvent.SandboxChosen _,
          BuildEvent.StepStarted _,
          BuildEvent.StepCached _,
          BuildEvent.StepProgress _,
          BuildEvent.Warning _,
          BuildEvent.Finished _,
          BuildEvent.Failed _ -> {}
    }
  }

  /** The output of the step that failed first, if it wrote any. */
  synchronized Optional<Tail> failed() {
    return Optional.ofNullable(failed);
  }

  private void append(String id, byte[] bytes) {
    byte[] before = running.getOrDefault(id, new byte[0]);
    int kept = Math.min(before.length, Math.max(0, BYTES - bytes.length));
    int taken = Math.min(bytes.length, BYTES);
    byte[] after = new byte[kept + taken];
    System.arraycopy(before, before.length - kept, after, 0, kept);
    System.arraycopy(bytes, bytes.length - taken, after, kept, taken);
    if (after.length > 0) {
      running.put(id, after);
    }
  }
}
