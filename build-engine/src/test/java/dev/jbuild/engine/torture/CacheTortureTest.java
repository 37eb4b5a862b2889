package dev.jbuild.engine.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.engine.Bench;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random edits of a context and its Dockerfile, a build after each.
 *
 * <p>Two things must hold after every edit. The image must be, bit for bit, what a build without a
 * cache makes of the same files in another store: a difference is a wrong hit. And the steps that
 * ran must be those that {@link Model} expects: one more is a needless miss.
 *
 * <p>{@code TORTURE_EDITS} in the environment is the number of edits (default 25), {@code
 * TORTURE_SEED} where they begin; both are in every message, so a find can be repeated.
 */
final class CacheTortureTest {
  private static final int EDITS = number("TORTURE_EDITS", 25);
  private static final int SEED = number("TORTURE_SEED", 1);

  /** Later than this is as late as this, so that equal content gives equal layers. */
  private static final long LATEST = 1000;

  @TempDir Path folder;

  private static int number(String variable, int otherwise) {
    String text = System.getenv(variable);
    return text == null || text.isEmpty() ? otherwise : Integer.parseInt(text);
  }

  @Test
  void everyBuildIsWhatOneWithoutACacheIsAndRunsNoStepTooMany() throws IOException {
    Path plain = Files.createDirectories(folder.resolve("plain"));
    try (Bench cached = new Bench(folder.resolve("cached"));
        Bench fresh = new Bench(plain)) {
      boolean run = Bench.noRun().isEmpty();
      if (run) {
        cached.importBusybox();
        fresh.importBusybox();
      }
      // Both build the same files; only the stores differ.
      Files.delete(fresh.context());
      Files.createSymbolicLink(fresh.context(), cached.context());
      Scenario scenario = new Scenario(cached.context(), SEED, run);
      Model model = new Model(scenario);
      List<String> history = new ArrayList<>();
      for (int i = 0; i <= EDITS; i++) {
        history.add(i == 0 ? "the first build" : scenario.edit());
        String what =
            "edit "
                + i
                + " of seed "
                + SEED
                + ", the last ones being\n  "
                + String.join("\n  ", history.subList(Math.max(0, i - 5), i + 1))
                + "\nwith the Dockerfile\n"
                + scenario.dockerfile();
        Descriptor made;
        try {
          made =
              fresh
                  .build(scenario.dockerfile(), options(scenario).andThen(r -> r.noCache(true)))
                  .imageDescriptor()
                  .orElseThrow();
        } catch (BuildFailure impossible) {
          // Such as a file where another source has a directory. The seed takes another turn.
          scenario.undo();
          history.removeLast();
          i--;
          continue;
        }
        Descriptor hit =
            cached.build(scenario.dockerfile(), options(scenario)).imageDescriptor().orElseThrow();
        assertThat(hit).as("the image after %s", what).isEqualTo(made);
        assertThat(cached.ran())
            .as("the steps that ran after %s", what)
            .containsExactlyInAnyOrderElementsOf(model.misses(fresh));
      }
    }
  }

  private static Consumer<BuildRequest.Builder> options(Scenario scenario) {
    return request -> {
      request.sourceDateEpoch(LATEST);
      scenario.buildArgs().forEach(request::buildArg);
    };
  }
}
