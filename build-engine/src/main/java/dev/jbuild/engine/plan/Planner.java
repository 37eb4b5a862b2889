package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.GlobalScope;
import dev.jbuild.dockerfile.expand.StageScope;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.dockerfile.lint.CheckOptions;
import dev.jbuild.dockerfile.outline.StageGraph;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Surroundings;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.engine.image.BaseImage;
import dev.jbuild.engine.image.BaseImages;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.History;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Platform;
import dev.jbuild.oci.RuntimeConfig;
import dev.jbuild.sandbox.DefaultSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/**
 * Plans one Dockerfile for one platform.
 *
 * <p>Only stages that the target needs are planned, and only their base images are resolved; all of
 * those that can be known beforehand are resolved at once. ONBUILD triggers of a base may need more
 * stages, which is why stages are planned on demand. Used by one thread.
 */
public final class Planner {
  private final Dockerfile dockerfile;
  private final BuildRequest request;
  private final Platform target;
  private final Platform host;
  private final BuildScope scope;
  private final Diagnostics diagnostics;
  private final WordExpander expander;
  private final GlobalScope globals;
  private final StageGraph graph;
  private final NamedContexts namedContexts;
  private final BaseResolution bases;
  private final Stage targetStage;
  private final Map<Integer, StageState> stages = new HashMap<>();
  private final Map<Integer, List<Step>> steps = new TreeMap<>();
  private final Map<String, Vertex> contexts = new HashMap<>();
  private final Map<String, Vertex> imported = new HashMap<>();

  public Planner(
      Dockerfile dockerfile,
      BuildRequest request,
      Platform target,
      Platform host,
      BaseImages images,
      CheckOptions check,
      BuildScope scope,
      StepEvents events) {
    this.dockerfile = dockerfile;
    this.request = request;
    this.target = target;
    this.host = host;
    this.scope = scope;
    this.diagnostics = new Diagnostics(dockerfile.source());
    this.expander = new WordExpander(dockerfile.directives().escape());
    this.targetStage = StageGraph.target(dockerfile, request.target().orElse(null));
    this.globals =
        GlobalScope.of(
            dockerfile.globalArgs(),
            PlatformArgs.of(
                host, target, request.target().orElse(targetStage.name().orElse("default"))),
            request.buildArgs(),
            expander);
    this.graph = StageGraph.of(dockerfile, globals);
    this.namedContexts = new NamedContexts(request.namedContexts(), target);
    this.bases = new BaseResolution(dockerfile.stages(), images, check, scope, events, diagnostics);
  }

  /**
   * The plan.
   *
   * @throws BuildFailure at its place, when the Dockerfile cannot be built or a base not be found
   */
  public Plan plan() {
    resolveAhead();
    StageState state = stage(targetStage);
    RuntimeConfig config = state.completeConfig();
    Map<String, String> labels = new TreeMap<>(config.labels());
    labels.putAll(request.labels());
    ImageConfig image =
        ImageConfig.empty(state.platform)
            .withAuthor(state.author)
            .withConfig(config.withLabels(labels))
            .withHistory(state.history);
    List<Step> all = new ArrayList<>();
    steps.values().forEach(all::addAll);
    return new Plan(state.rootfs, image, state.inherited, all);
  }

  /** Starts resolving every base image that the text alone says is needed. */
  private void resolveAhead() {
    boolean[] seen = new boolean[dockerfile.stages().size()];
    resolveAhead(targetStage, seen);
  }

  private void resolveAhead(Stage stage, boolean[] seen) {
    // A list instead of recursion: a chain of stages may be thousands long.
    List<Stage> open = new ArrayList<>(List.of(stage));
    while (!open.isEmpty()) {
      Stage next = open.removeLast();
      if (seen[next.index()]) {
        continue;
      }
      seen[next.index()] = true;
      graph
          .base(next)
          .ifPresentOrElse(
              open::add,
              () -> {
                String base = expander.expand(next.from().image(), globals).text();
                if (!base.isEmpty()
                    && !base.equals("scratch")
                    && namedContexts.called(base).isEmpty()) {
                  Future<BaseImage> _ =
                      bases.resolve(
                          base,
                          platformOf(next.from()),
                          next.from().span(),
                          next.from().image().span());
                }
              });
      for (Instruction instruction : next.instructions()) {
        Word from = instruction instanceof CopyInstruction copy ? copy.from() : null;
        if (from != null && namedContexts.called(from.text()).isEmpty()) {
          graph.source(next, (CopyInstruction) instruction).ifPresent(open::add);
        }
      }
    }
  }

  /** The finished state of a stage, planned when first asked for. */
  StageState stage(Stage stage) {
    StageState known = stages.get(stage.index());
    if (known != null) {
      return known;
    }
    Platform platform = platformOf(stage.from());
    String of = request.platforms().size() > 1 ? platformLabel(platform) : "";
    String label = (of + " " + label(stage)).strip();
    String name = stage.name().orElse("" + stage.index());
    StageSteps stageSteps =
        new StageSteps(label, of.isEmpty() ? name : of.replace("->", "-to-") + "/" + name);
    List<Instruction> all = new ArrayList<>();
    StageState state = base(stage, platform, stageSteps, all);
    all.addAll(stage.instructions());
    stageSteps.count(all);
    boolean ignoreCache =
        request.noCache()
            || stage.name().filter(request.noCacheFilter()::contains).isPresent()
            || request.noCacheFilter().contains(String.valueOf(stage.index()));
    Dispatcher dispatcher =
        new Dispatcher(this, stage, state, expander, diagnostics, stageSteps, ignoreCache);
    for (Instruction instruction : all) {
      dispatcher.dispatch(instruction);
    }
    steps.put(stage.index(), stageSteps.made());
    stages.put(stage.index(), state);
    return state;
  }

  /**
   * As BuildKit shows it: {@code linux/arm64}, or {@code linux/amd64->arm64} for a stage that
   * crosses.
   */
  private String platformLabel(Platform platform) {
    if (platform.equals(target)) {
      return platform.toString();
    }
    String to = target.toString();
    return platform
        + "->"
        + (target.os().equals(platform.os()) ? to.substring(to.indexOf('/') + 1) : to);
  }

  private String label(Stage stage) {
    return stage.name().orElse(dockerfile.stages().size() == 1 ? "" : "stage-" + stage.index());
  }

  /**
   * @param triggers gets those of the base
   */
  private StageState base(
      Stage stage, Platform platform, StageSteps stageSteps, List<Instruction> triggers) {
    FromInstruction from = stage.from();
    String name = expander.expand(from.image(), globals).text();
    if (name.isEmpty()) {
      throw diagnostics.error(
          from.image().span(),
          "base name \"" + from.image().text() + "\" is empty once expanded",
          "declare the ARG before the first FROM and give it a default");
    }
    Optional<Stage> earlier = graph.base(stage);
    Optional<NamedContexts.Named> named = namedContexts.called(name);
    if (named.isEmpty() && earlier.isPresent()) {
      StageState base = stage(earlier.get());
      addTriggers(base.onBuild, from, triggers);
      return base.child();
    }
    if (name.equals("scratch")) {
      return scratch(platform);
    }
    if (named.isPresent() && named.get().image().isEmpty()) {
      return files(name, named.get(), platform, stageSteps.base("FROM " + name, from.span()));
    }
    String wanted = named.flatMap(NamedContexts.Named::image).orElse(name);
    BaseImage image = scope.join(bases.resolve(wanted, platform, from.span(), from.image().span()));
    Step step = stageSteps.base("FROM " + name, from.span());
    RuntimeConfig config = image.config().config();
    addTriggers(config.onBuild(), from, triggers);
    if (config.env("PATH").isEmpty() && !image.config().platform().os().equals("windows")) {
      config = config.withEnv("PATH", DefaultSpec.PATH);
    }
    Surroundings seen =
        new Surroundings(
            config.env(),
            ContainerPath.resolve("/", config.workingDir()),
            config.user(),
            config.shell());
    Vertex rootfs = new Vertex(new Op.Image(image), List.of(), step, false, () -> seen);
    Platform own = image.config().platform();
    StageScope stageScope = StageScope.of(globals, request.buildArgs(), environment(config));
    return StageState.of(
        rootfs,
        stageScope,
        config,
        own.architecture().isEmpty() ? platform : own,
        image.config().author(),
        image.config().history());
  }

  private StageState scratch(Platform platform) {
    RuntimeConfig config =
        RuntimeConfig.EMPTY.withWorkingDir("/").withEnv("PATH", DefaultSpec.PATH);
    StageScope stageScope = StageScope.of(globals, request.buildArgs(), environment(config));
    return StageState.of(Vertex.scratch(), stageScope, config, platform, "", List.of());
  }

  /** A named context that is no image: its files alone, as if copied to scratch. */
  private StageState files(String name, NamedContexts.Named named, Platform platform, Step step) {
    StageState state = scratch(platform);
    Op.Copy all =
        new Op.Copy(List.of(new Op.Source.Pattern("/")), "/", null, null, false, List.of(), false);
    state.rootfs = new Vertex(all, List.of(state.rootfs, context(named.key())), step, false);
    state.history.add(new History(null, "FROM " + name, "", "buildkit.exporter.image.v0", false));
    return state;
  }

  private static void addTriggers(
      List<String> written, FromInstruction from, List<Instruction> triggers) {
    for (String trigger : written) {
      triggers.add(DockerfileParser.parseTrigger(trigger, from.span()));
    }
  }

  private Platform platformOf(FromInstruction from) {
    Word flag = from.platform();
    if (flag == null) {
      return target;
    }
    String text = expander.expand(flag, globals).text();
    if (text.isEmpty()) {
      return target;
    }
    try {
      return Platform.parse(text);
    } catch (BuildFailure failure) {
      throw diagnostics.at(flag.span(), failure);
    }
  }

  /**
   * What {@code --from} means: a named context, a stage before this one, or an image.
   *
   * @param stage looks the name up among the stages; only asked when no context has it
   */
  Vertex copySource(Word from, Supplier<Optional<Stage>> stage) {
    String name = from.text();
    if (name.contains("$")) {
      throw diagnostics.error(
          from.span(),
          "variables are not expanded in --from, here \"" + name + "\"",
          "give the image a stage of its own, \"FROM " + name + " AS name\", and name that stage");
    }
    Optional<NamedContexts.Named> named = namedContexts.called(name);
    if (named.isPresent()) {
      return named
          .get()
          .image()
          .map(image -> imported(image, from.span()))
          .orElseGet(() -> context(named.get().key()));
    }
    Optional<Stage> found = stage.get();
    if (found.isPresent()) {
      return stage(found.get()).rootfs;
    }
    return imported(name, from.span());
  }

  /** The vertex of an image that is only copied from. */
  private Vertex imported(String name, SourceSpan span) {
    Vertex known = imported.get(name);
    if (known == null) {
      BaseImage image = scope.join(bases.resolve(name, target, span, span));
      Step step = new Step("image/" + name, "FROM " + name, span);
      known = new Vertex(new Op.Image(image), List.of(), step, false);
      imported.put(name, known);
    }
    return known;
  }

  /** The vertex of a tree of files: {@code context} or the name of a named context. */
  Vertex context(String name) {
    return contexts.computeIfAbsent(
        name,
        key ->
            new Vertex(
                new Op.Context(key),
                List.of(),
                new Step("context/" + key, "load " + key, null),
                false));
  }

  /** How the stages refer to each other. */
  StageGraph graph() {
    return graph;
  }

  BuildRequest request() {
    return request;
  }

  private static Map<String, String> environment(RuntimeConfig config) {
    Map<String, String> map = new LinkedHashMap<>();
    for (String entry : config.env()) {
      int equals = entry.indexOf('=');
      if (equals > 0) {
        map.put(entry.substring(0, equals), entry.substring(equals + 1));
      }
    }
    return map;
  }

  /** The machine the build runs on. */
  Platform host() {
    return host;
  }
}
