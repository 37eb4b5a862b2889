package dev.jbuild.engine.exec;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.dockerfile.lint.CheckOptions;
import dev.jbuild.dockerfile.outline.StageGraph;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.dockerfile.parse.ParseResult;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.engine.CacheSource;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.DockerfileSource;
import dev.jbuild.engine.EngineSettings;
import dev.jbuild.engine.cache.BuildLogs;
import dev.jbuild.engine.cache.CacheRecords;
import dev.jbuild.engine.cache.FileManifests;
import dev.jbuild.engine.cache.MissReasons;
import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.export.EarlyPush;
import dev.jbuild.engine.export.Exporters;
import dev.jbuild.engine.export.PlatformImage;
import dev.jbuild.engine.export.PushPermission;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.engine.image.BaseImages;
import dev.jbuild.engine.image.RegistryAccess;
import dev.jbuild.engine.image.StoreBaseImages;
import dev.jbuild.engine.plan.Checks;
import dev.jbuild.engine.plan.Diagnostics;
import dev.jbuild.engine.plan.ImageAssembly;
import dev.jbuild.engine.plan.Plan;
import dev.jbuild.engine.plan.Planner;
import dev.jbuild.engine.remote.CacheExport;
import dev.jbuild.engine.remote.CacheImports;
import dev.jbuild.engine.shell.KeptBuild;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.engine.solve.InFlight;
import dev.jbuild.engine.solve.Result;
import dev.jbuild.engine.solve.Solver;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Platform;
import dev.jbuild.sandbox.BlockIoWeight;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One build from its request to its result; used once, by one thread. */
final class SingleBuild {
  private static final Pattern OFFICIAL_SYNTAX =
      Pattern.compile("(?:docker\\.io/)?docker/dockerfile(?:-upstream)?(?:[:@].*)?");

  private final EngineSettings settings;
  private final Store store;
  private final BuildRequest request;
  private final List<CacheSource> cacheFrom;
  private final BuildScope scope;
  private final StepEvents events;
  private final InFlight inFlight;
  private volatile @Nullable CacheImports imported;
  private final String id = UUID.randomUUID().toString().substring(0, 12);

  /**
   * @param cacheFrom instead of the request's
   */
  SingleBuild(
      EngineSettings settings,
      Store store,
      BuildRequest request,
      List<CacheSource> cacheFrom,
      BuildScope scope,
      StepEvents events,
      InFlight inFlight) {
    this.settings = settings;
    this.store = store;
    this.request = request;
    this.cacheFrom = cacheFrom;
    this.scope = scope;
    this.events = events;
    this.inFlight = inFlight;
  }

  BuildResult run() {
    try (RemoteSources remotes = new RemoteSources(settings, store, request);
        ContextFiles files = ContextFiles.prepare(request, store, remotes);
        RegistryAccess registry =
            new RegistryAccess(
                settings.registry().askingFirst(request.credentials()), store, events)) {
      return run(remotes, files, registry);
    } catch (IOException e) {
      throw BuildScope.asFailure(e);
    }
  }

  private BuildResult run(RemoteSources remotes, ContextFiles files, RegistryAccess registry)
      throws IOException {
    DockerfileText text = DockerfileText.read(request.dockerfile(), files.root(BuildContexts.MAIN));
    Diagnostics diagnostics = new Diagnostics(SourceText.of(text.bytes()));
    ParseResult parsed = DockerfileParser.parse(text.name(), text.bytes());
    try {
      Dockerfile tree = Checks.requireParsed(parsed, false, request, settings.host());
      requireOwnSyntax(tree, diagnostics);
      CheckOptions check = check(tree, text, files, diagnostics);
      return build(tree, check, text, remotes, files, registry, diagnostics);
    } catch (DockerfileException e) {
      throw diagnostics.of(e);
    }
  }

  /**
   * Findings are told as warnings; a Dockerfile may ask that they fail the build. Returned is what
   * holds for those that only resolving images can make.
   */
  private CheckOptions check(
      Dockerfile dockerfile, DockerfileText text, ContextFiles files, Diagnostics diagnostics)
      throws IOException {
    IgnoreMatcher ignore =
        BuildContexts.ignore(BuildContexts.MAIN, files.root(BuildContexts.MAIN), text.ignore());
    Stage target = StageGraph.target(dockerfile, request.target().orElse(null));
    Checks.requireBuildable(dockerfile, target, request, settings.host());
    Checks checks = Checks.of(dockerfile, target, ignore, request.buildArgs(), false);
    if (checks.fatal()) {
      throw diagnostics.of(checks.findings());
    }
    for (Diagnostic finding : checks.findings()) {
      String rule = finding.rule() == null ? "" : " (" + finding.rule() + ")";
      events.send(new BuildEvent.Warning(events.now(), finding.message() + rule, finding.span()));
    }
    return checks.options();
  }

  /** The official frontend's language is ours, whatever its version; another one's is not. */
  private static void requireOwnSyntax(Dockerfile dockerfile, Diagnostics diagnostics) {
    dockerfile
        .directives()
        .syntax()
        .filter(syntax -> !OFFICIAL_SYNTAX.matcher(syntax.value().text()).matches())
        .ifPresent(syntax -> {
          throw diagnostics.unsupported(
              syntax.span(), "the syntax \"" + syntax.value().text() + "\"");
        });
  }

  private BuildResult build(
      Dockerfile dockerfile,
      CheckOptions check,
      DockerfileText text,
      RemoteSources remotes,
      ContextFiles files,
      RegistryAccess registry,
      Diagnostics diagnostics)
      throws IOException {
    for (String secret : new SecretCheck(request).tooShort()) {
      String message =
          "secret \""
              + secret
              + "\" is shorter than "
              + SecretScan.SHORTEST
              + " bytes; layers are not searched for it";
      events.send(new BuildEvent.Warning(events.now(), message, null));
    }
    if (request.execution().limits().ioWeight().isPresent()) {
      BlockIoWeight.note()
          .ifPresent(note -> events.send(new BuildEvent.Warning(events.now(), note, null)));
    }
    PushPermission pushing = PushPermission.ask(registry, request, scope, events);
    List<Platform> platforms =
        request.platforms().isEmpty() ? List.of(settings.host()) : request.platforms();
    BaseImages images = new StoreBaseImages(store, registry, request.pull());
    List<Plan> plans = new ArrayList<>();
    for (Platform platform : platforms) {
      plans.add(
          new Planner(dockerfile, request, platform, settings.host(), images, check, scope, events)
              .plan());
    }
    Map<String, Step> steps = new LinkedHashMap<>();
    plans.forEach(plan -> plan.steps().forEach(step -> steps.putIfAbsent(step.id(), step)));
    events.send(new BuildEvent.Planned(events.now(), id, List.copyOf(steps.values())));
    pushing.await();
    Path cache = store.directory("cache");
    CacheRecords records = new CacheRecords(cache.resolve("records"), settings.clock());
    CacheImports imports = new CacheImports(cacheFrom, registry, store, platforms, events);
    imported = imports;
    FileManifests manifests = new FileManifests(cache.resolve("files"), imports::listing);
    String hostname =
        request
            .buildArgs()
            .getOrDefault("BUILDKIT_SANDBOX_HOSTNAME", RunOperation.defaultHostname());
    StepRemains remains = new StepRemains(store, request, hostname);
    Solver solving = null;
    try (EarlyPush pushes = new EarlyPush(registry, request);
        StepLogs logs = new StepLogs(BuildLogs.directory(cache), id);
        BuildContexts contexts =
            new BuildContexts(
                files, text.ignore(), cache.resolve("digests"), remotes, settings.clock())) {
      RunOperation runs =
          new RunOperation(
              store, settings.sandbox(), request, events, logs, diagnostics, hostname, remains);
      EarlyBlobs early =
          new EarlyBlobs(
              store,
              scope,
              pushes,
              Exporters.layerCompression(request.outputs()),
              plans.stream().map(Plan::rootfs).toList(),
              request.outputs());
      EngineOperations operations =
          new EngineOperations(
              store,
              contexts,
              runs,
              early,
              manifests,
              diagnostics,
              request.execution(),
              Exporters.layerCompression(request.outputs()),
              request.latestTime(),
              settings.clock());
      MissReasons misses =
          new MissReasons(cache.resolve("steps").resolve(identity()), records, imports, manifests);
      CacheSharing sharing =
          new CacheSharing(request, new CacheExport(store, registry, imports, manifests, events));
      List<PlatformImage> results = new ArrayList<>();
      Solver solver = new Solver(scope, operations, records, imports, misses, inFlight, events);
      solving = solver;
      for (Plan plan : plans) {
        solver.start(plan.rootfs());
      }
      for (int i = 0; i < plans.size(); i++) {
        results.add(solve(solver, plans.get(i), platforms.get(i), sharing));
      }
      BuildResult result = new Exporters(pushes, store, scope, request, events).export(id, results);
      sharing.export();
      return result;
    } finally {
      remains.save(KeptBuild.directory(cache), id, plans, solving, events::number);
    }
  }

  /** Why a layer that an imported cache promised could not be had, if that happened. */
  Optional<BuildFailure> lostImport() {
    CacheImports imports = imported;
    return imports == null ? Optional.empty() : imports.lost();
  }

  private PlatformImage solve(Solver solver, Plan plan, Platform platform, CacheSharing sharing)
      throws IOException {
    List<StackLayer> layers =
        switch (solver.solve(plan.rootfs())) {
          case Result.Layers found -> found.layers();
          case Result.Files files ->
              throw new BuildFailure(Kind.INTERNAL, "a stage has no root file system");
        };
    ImageConfig config =
        ImageAssembly.assemble(plan, layers, request.sourceDateEpoch().orElse(null));
    config = sharing.take(solver, plan.rootfs(), config);
    new SecretCheck(request).config(config);
    return new PlatformImage(platform, config, baseLayers(plan.rootfs()));
  }

  /** The blobs of the image that a root file system begins with; none for scratch. */
  private static List<Descriptor> baseLayers(Vertex rootfs) {
    Vertex at = rootfs;
    while (true) {
      switch (at.op()) {
        case Op.Image image -> {
          return image.image().layers();
        }
        case Op.Run _, Op.Copy _, Op.MakeDirectory _, Op.Merge _ -> at = at.inputs().getFirst();
        case Op.Scratch _, Op.Context _, Op.Http _, Op.Git _ -> {
          return List.of();
        }
      }
    }
  }

  /** Names the build for explaining misses: the same command in the same place is the same. */
  private String identity() {
    String context =
        switch (request.context()) {
          case ContextSource.Directory directory -> directory.path().toAbsolutePath().toString();
          case ContextSource.Archive archive -> "archive";
          case ContextSource.Empty empty -> "empty";
          case ContextSource.Image image -> image.name();
          case ContextSource.OciLayout layout -> layout.directory().toString();
          case ContextSource.Git git -> git.url();
          case ContextSource.Http http -> http.url();
        };
    String file =
        switch (request.dockerfile()) {
          case DockerfileSource.InContext inside -> inside.path();
          case DockerfileSource.File outside -> outside.path().toString();
          case DockerfileSource.Inline inline -> inline.name();
        };
    String all = context + "\0" + file + "\0" + request.platforms();
    return Digest.of(all.getBytes(StandardCharsets.UTF_8)).hex().substring(0, 32);
  }
}
