package dev.jbuild.dockerfile.outline;

import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.MountFlag;
import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.Variables;
import dev.jbuild.dockerfile.expand.WordExpander;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which stage needs which. The rules of lookup, as BuildKit has them:
 *
 * <ul>
 *   <li>FROM means an earlier stage when it is written exactly as that stage's name in lower case;
 *       otherwise it is an image.
 *   <li>{@code COPY --from} means a stage by name in any case, or by number; {@code RUN
 *       --mount=from=} by name in any case only. What is no stage is an image or a named context.
 *   <li>Of several earlier stages of one name the last is meant.
 *   <li>A stage that is defined later only is an error, as is a number that no stage has. Only
 *       stages that the target needs are looked at: a fault in another one is none.
 * </ul>
 *
 * Immutable and thread-safe.
 */
public final class StageGraph {
  private final Dockerfile tree;
  private final List<Optional<Stage>> bases = new ArrayList<>();

  /** Stages by name, those of one name by index. */
  private final Map<String, NavigableMap<Integer, Stage>> byName = new HashMap<>();

  private StageGraph(Dockerfile tree) {
    this.tree = tree;
  }

  /**
   * The graph of a whole file.
   *
   * @param globals what FROM expands with, a {@code GlobalScope} as a rule
   * @throws DockerfileException when the image of a FROM does not expand
   */
  public static StageGraph of(Dockerfile tree, Variables globals) {
    StageGraph graph = new StageGraph(tree);
    WordExpander expander = new WordExpander(tree.directives().escape());
    for (Stage stage : tree.stages()) {
      String image = expander.expand(stage.from().image(), globals).text();
      NavigableMap<Integer, Stage> named = graph.byName.get(image);
      graph.bases.add(Optional.ofNullable(named).map(stages -> stages.lastEntry().getValue()));
      stage.name().ifPresent(name -> graph.add(name, stage));
    }
    return graph;
  }

  private void add(String name, Stage stage) {
    byName.computeIfAbsent(name, key -> new TreeMap<>()).put(stage.index(), stage);
  }

  /**
   * The stage to build.
   *
   * @param name from {@code --target}; null means the last stage
   * @throws DockerfileException positioned at the last FROM when there is no such stage
   */
  public static Stage target(Dockerfile tree, @Nullable String name) {
    if (name == null || name.isEmpty()) {
      return tree.stages().getLast();
    }
    return tree.stage(name)
        .orElseThrow(() -> {
          List<String> names = names(tree, tree.stages().size());
          String all =
              names.isEmpty()
                  ? "name one with FROM image AS " + Quoted.inner(name)
                  : "the stages are " + String.join(", ", names);
          return failure(
              tree.stages().getLast().from().span(),
              "no stage is named " + Quoted.of(name),
              Nearest.hint(name, names).orElse(all));
        });
  }

  private static List<String> names(Dockerfile tree, int limit) {
    return tree.stages().stream().limit(limit).flatMap(stage -> stage.name().stream()).toList();
  }

  /** The stage that {@code stage} begins from; empty when that is an image. */
  public Optional<Stage> base(Stage stage) {
    return bases.get(stage.index());
  }

  /**
   * The stage that {@code --from} of {@code copy} means; empty when it is an image or named
   * context.
   *
   * @throws DockerfileException when it is a later stage, this one, or a number that no stage has
   */
  public Optional<Stage> source(Stage stage, CopyInstruction copy) {
    Word from = copy.from();
    if (from == null) {
      return Optional.empty();
    }
    String text = from.text();
    if (text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      int index = text.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(text);
      if (index >= stage.index()) {
        throw failure(
            from.span(),
            index >= tree.stages().size()
                ? "no stage has the number " + Quoted.inner(text)
                : "stage " + text + " is not before this one",
            stage.index() == 0
                ? "stages count from 0, and this is the first"
                : "stages count from 0; those before this one end at " + (stage.index() - 1));
      }
      return Optional.of(tree.stages().get(index));
    }
    return earlier(stage, from, "COPY");
  }

  /**
   * The stage that {@code from} of {@code mount} means; empty when it is an image or named context.
   *
   * @throws DockerfileException when it is a later stage or this one
   */
  public Optional<Stage> source(Stage stage, MountFlag mount) {
    Word from = from(mount);
    return from == null || from.text().isEmpty() ? Optional.empty() : earlier(stage, from, "mount");
  }

  private Optional<Stage> earlier(Stage stage, Word from, String what) {
    NavigableMap<Integer, Stage> named = byName.get(from.text().toLowerCase(Locale.ROOT));
    if (named == null) {
      return Optional.empty();
    }
    Map.Entry<Integer, Stage> found = named.lowerEntry(stage.index());
    if (found == null) {
      boolean self = named.containsKey(stage.index());
      throw failure(
          from.span(),
          self
              ? what + " from stage " + Quoted.of(from.text()) + " within that stage"
              : "stage " + Quoted.of(from.text()) + " is defined after this " + what,
          self
              ? "name an earlier stage; files of this one are there already"
              : "move that stage before this one");
    }
    return Optional.of(found.getValue());
  }

  /** A name that no stage has but that is almost the name of one before {@code stage}. */
  public Optional<String> nearest(Stage stage, String from) {
    return Nearest.of(from, names(tree, stage.index()));
  }

  /**
   * The stages that {@code target} needs and itself, in file order. Stages that ONBUILD triggers of
   * a base add are not among them.
   *
   * @throws DockerfileException with every reference of these stages that is an error
   */
  public List<Stage> needed(Stage target) {
    return needed(List.of(target), Set.of());
  }

  /**
   * The stages that {@code targets} need and themselves, as {@link #needed(Stage)}.
   *
   * @param contexts names of build contexts, which take the place of stages and images
   */
  public List<Stage> needed(List<Stage> targets, Set<String> contexts) {
    List<Diagnostic> errors = new ArrayList<>();
    List<Stage> needed = needed(targets, contexts, errors);
    if (!errors.isEmpty()) {
      errors.sort(Comparator.comparingInt(error -> error.span().startLine()));
      throw new DockerfileException(errors);
    }
    return needed;
  }

  /**
   * As {@link #needed(List, Set)}, going on after an error.
   *
   * @param errors gets every reference of these stages that is an error, in no order
   */
  public List<Stage> needed(List<Stage> targets, Set<String> contexts, List<Diagnostic> errors) {
    BitSet seen = new BitSet();
    Deque<Stage> open = new ArrayDeque<>(targets);
    while (!open.isEmpty()) {
      Stage stage = open.pop();
      if (seen.get(stage.index())) {
        continue;
      }
      seen.set(stage.index());
      base(stage)
          .filter(base -> base.name().filter(contexts::contains).isEmpty())
          .ifPresent(open::push);
      for (Instruction instruction : stage.instructions()) {
        try {
          sources(stage, instruction, contexts).forEach(open::push);
        } catch (DockerfileException e) {
          errors.addAll(e.diagnostics());
        }
      }
    }
    return seen.stream().mapToObj(tree.stages()::get).toList();
  }

  private List<Stage> sources(Stage stage, Instruction instruction, Set<String> contexts) {
    List<Stage> found = new ArrayList<>();
    if (instruction instanceof CopyInstruction copy) {
      Word from = copy.from();
      if (from != null && !contexts.contains(from.text())) {
        source(stage, copy).ifPresent(found::add);
      }
    } else if (instruction instanceof RunInstruction run) {
      for (MountFlag mount : run.mounts()) {
        Word from = from(mount);
        if (from != null && !contexts.contains(from.text())) {
          source(stage, mount).ifPresent(found::add);
        }
      }
    }
    return found;
  }

  private static @Nullable Word from(MountFlag mount) {
    Word from = null;
    for (MountFlag.Option option : mount.options()) {
      if (option.key().equals("from")) {
        from = option.value();
      }
    }
    return from;
  }

  private static DockerfileException failure(SourceSpan span, String message, String hint) {
    return new DockerfileException(List.of(Diagnostic.error(span, message, hint)));
  }
}
