package dev.jbuild.engine.exec;

import dev.jbuild.engine.ExecutionOptions;
import dev.jbuild.engine.cache.CacheKey;
import dev.jbuild.engine.cache.FileManifests;
import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.engine.copy.Archives;
import dev.jbuild.engine.copy.CopyOperation;
import dev.jbuild.engine.copy.MakeDirectoryOperation;
import dev.jbuild.engine.graph.Mount;
import dev.jbuild.engine.graph.Op;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.engine.plan.Diagnostics;
import dev.jbuild.engine.solve.Operations;
import dev.jbuild.engine.solve.Result;
import dev.jbuild.engine.source.GitCommit;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.oci.ChainId;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The operations of one build over one store. Safe for use by many threads.
 *
 * <p>COPY and WORKDIR write their layer straight into a compressed blob; RUN leaves its layer as a
 * directory, which is compressed while later steps run if the image needs the blob.
 */
final class EngineOperations implements Operations {
  private static final Digest NO_KEY = Digest.EMPTY;

  private final Store store;
  private final BuildContexts contexts;
  private final RunOperation runs;
  private final EarlyBlobs early;
  private final FileManifests manifests;
  private final Diagnostics diagnostics;
  private final ExecutionOptions options;
  private final Compression compression;
  private final Optional<Instant> latest;
  private final Clock clock;

  EngineOperations(
      Store store,
      BuildContexts contexts,
      RunOperation runs,
      EarlyBlobs early,
      FileManifests manifests,
      Diagnostics diagnostics,
      ExecutionOptions options,
      Compression compression,
      Optional<Instant> latest,
      Clock clock) {
    this.store = store;
    this.contexts = contexts;
    this.runs = runs;
    this.early = early;
    this.manifests = manifests;
    this.diagnostics = diagnostics;
    this.options = options;
    this.compression = compression;
    this.latest = latest;
    this.clock = clock;
  }

  @Override
  public CacheKey definitionKey(Vertex vertex, List<Digest> inputs) throws Exception {
    return located(
        vertex,
        () ->
            switch (vertex.op()) {
              case Op.Scratch scratch -> CacheKey.of("scratch").build();
              case Op.Image image ->
                  CacheKey.of("image")
                      .add("layers", chain(image.image().config().diffIds()))
                      .build();
              case Op.Context context -> new CacheKey(NO_KEY, List.of());
              case Op.Http http -> new CacheKey(NO_KEY, List.of());
              case Op.Git git -> new CacheKey(NO_KEY, List.of());
              case Op.Merge merge ->
                  CacheKey.of("merge")
                      .add("inputs", inputs.stream().map(Digest::toString).toList())
                      .build();
              case Op.Run run ->
                  bounded(
                      OperationKeys.run(
                          run,
                          inputs.getFirst().toString(),
                          mount -> inputs.get(mount).toString(),
                          options.extraHosts(),
                          options
                              .entitlements()
                              .contains(ExecutionOptions.Entitlement.SECRET_IN_LAYER)));
              case Op.Copy copy -> bounded(copyDefinition(copy, vertex, inputs));
              case Op.MakeDirectory make ->
                  bounded(OperationKeys.makeDirectory(make, inputs.getFirst().toString()));
            });
  }

  /**
   * A layer whose times were limited is another layer; builds without a limit, or with another one,
   * must not find it.
   */
  private CacheKey bounded(CacheKey key) {
    return latest
        .map(time -> key.with("SOURCE_DATE_EPOCH", String.valueOf(time.getEpochSecond())))
        .orElse(key);
  }

  private CacheKey copyDefinition(Op.Copy copy, Vertex vertex, List<Digest> inputs)
      throws IOException {
    String rootfs = inputs.getFirst().toString();
    String name = "";
    if (inputs.size() > 1) {
      Op source = vertex.inputs().get(1).op();
      if (source instanceof Op.Context context) {
        name = context.name();
      } else if (source instanceof Op.Http http) {
        // Here and not for the download's own key, so that a failure names the ADD.
        contexts.download(http);
        name = http.contextName();
      } else if (source instanceof Op.Git git) {
        return commits(copy, rootfs, git);
      } else {
        return OperationKeys.copy(copy, rootfs, "input source", inputs.get(1).toString());
      }
    }
    return OperationKeys.copy(copy, rootfs, FileManifests.FIELD, listing(copy, name));
  }

  /** Known without the files: they are not fetched for a hit. */
  private CacheKey commits(Op.Copy copy, String rootfs, Op.Git git) throws IOException {
    List<String> commits = contexts.resolve(git).stream().map(GitCommit::identity).toList();
    return OperationKeys.copy(copy, rootfs, "git commit", String.join(" ", commits));
  }

  private String listing(Op.Copy copy, String contextName) throws IOException {
    BuildContexts.Context context = contexts.get(contextName);
    return manifests.put(context.listing().list(copy, context.tree())).toString();
  }

  @Override
  public CacheKey contentKey(Vertex vertex, List<Result> inputs) throws Exception {
    return located(
        vertex,
        () -> {
          String rootfs = chain(layers(inputs.getFirst()));
          return switch (vertex.op()) {
            case Op.Run run -> bounded(runContent(run, rootfs, inputs));
            case Op.MakeDirectory make -> bounded(OperationKeys.makeDirectory(make, rootfs));
            case Op.Copy copy -> bounded(copyContent(copy, vertex, rootfs, inputs));
            case Op.Scratch scratch -> throw new IllegalArgumentException("not keyed by content");
            case Op.Merge merge -> throw new IllegalArgumentException("not keyed by content");
            case Op.Image image -> throw new IllegalArgumentException("not keyed by content");
            case Op.Context context -> throw new IllegalArgumentException("not keyed by content");
            case Op.Http http -> throw new IllegalArgumentException("not keyed by content");
            case Op.Git git -> throw new IllegalArgumentException("not keyed by content");
          };
        });
  }

  private CacheKey copyContent(Op.Copy copy, Vertex vertex, String rootfs, List<Result> inputs)
      throws IOException {
    if (inputs.size() > 1
        && vertex.inputs().get(1).op() instanceof Op.Git git
        && !contexts.resolve(git).stream().allMatch(GitCommit::isFilesOnly)) {
      return commits(copy, rootfs, git);
    }
    return OperationKeys.copy(copy, rootfs, FileManifests.FIELD, listing(copy, inputs));
  }

  /** Of a mount's tree only the files that it shows count. */
  private CacheKey runContent(Op.Run run, String rootfs, List<Result> inputs) throws IOException {
    Map<Integer, String> shown = new HashMap<>();
    for (Mount mount : run.mounts()) {
      if (mount.input().isPresent()) {
        int input = mount.input().getAsInt();
        String path =
            switch (mount) {
              case Mount.Bind bind -> bind.source();
              case Mount.Cache cache -> cache.source();
              case Mount.Tmpfs tmpfs -> "/";
              case Mount.Secret secret -> "/";
              case Mount.Ssh ssh -> "/";
            };
        shown.put(input, listing(path, inputs.get(input)));
      }
    }
    return OperationKeys.run(
        run,
        rootfs,
        mount -> shown.getOrDefault(mount, ""),
        options.extraHosts(),
        options.entitlements().contains(ExecutionOptions.Entitlement.SECRET_IN_LAYER));
  }

  private String listing(String path, Result source) throws IOException {
    if (path.equals("/")) {
      // All of it: equal layers say so without a look at a file.
      return chain(layers(source));
    }
    Op.Copy shown =
        new Op.Copy(List.of(new Op.Source.Pattern(path)), "/", null, null, false, List.of(), false);
    return listing(shown, List.of(source, source));
  }

  private String listing(Op.Copy copy, List<Result> inputs) throws IOException {
    if (inputs.size() > 1 && inputs.get(1) instanceof Result.Layers source) {
      try (FileTree tree = store.layers().view(StackLayer.diffIds(source.layers()))) {
        return manifests.put(contexts.get("").listing().list(copy, tree)).toString();
      }
    }
    return listing(copy, contextName(inputs));
  }

  private static String contextName(List<Result> inputs) {
    return inputs.size() > 1 && inputs.get(1) instanceof Result.Files files
        ? files.contextName()
        : "";
  }

  @Override
  public List<StackLayer> execute(Vertex vertex, List<Result> inputs) throws Exception {
    return located(
        vertex,
        () -> {
          List<StackLayer> stack = stack(inputs.getFirst());
          List<DiffId> below = StackLayer.diffIds(stack);
          DiffId made =
              switch (vertex.op()) {
                case Op.Run run ->
                    runs.execute(
                        run, vertex.step(), inputs.stream().map(EngineOperations::layers).toList());
                case Op.Copy copy -> copy(copy, inputs, below);
                case Op.MakeDirectory make -> makeDirectory(make, below);
                case Op.Scratch scratch -> throw new IllegalArgumentException("makes no layer");
                case Op.Merge merge -> throw new IllegalArgumentException("makes no layer");
                case Op.Image image -> throw new IllegalArgumentException("makes no layer");
                case Op.Context context -> throw new IllegalArgumentException("makes no layer");
                case Op.Http http -> throw new IllegalArgumentException("makes no layer");
                case Op.Git git -> throw new IllegalArgumentException("makes no layer");
              };
          early.made(vertex, made);
          List<StackLayer> layers = new ArrayList<>(stack);
          layers.add(new StackLayer(made, now()));
          return layers;
        });
  }

  private DiffId copy(Op.Copy copy, List<Result> inputs, List<DiffId> below) throws IOException {
    try (LayerBuilder target = LayerBuilder.owning(store.layers().view(below));
        Archives archives = new Archives(store)) {
      if (inputs.size() > 1 && inputs.get(1) instanceof Result.Layers source) {
        try (FileTree tree = store.layers().view(StackLayer.diffIds(source.layers()))) {
          CopyOperation.apply(copy, tree, target, archives, now());
          return write(target);
        }
      }
      CopyOperation.apply(copy, contexts.get(contextName(inputs)).tree(), target, archives, now());
      return write(target);
    }
  }

  private DiffId makeDirectory(Op.MakeDirectory make, List<DiffId> below) throws IOException {
    try (LayerBuilder target = LayerBuilder.owning(store.layers().view(below))) {
      MakeDirectoryOperation.apply(make, target, now());
      return write(target);
    }
  }

  private DiffId write(LayerBuilder layer) {
    return store
        .layers()
        .write(compression, new LayerWriter.Options(true, latest), layer::writeTo)
        .diffId();
  }

  @Override
  public boolean available(List<StackLayer> layers) {
    for (StackLayer layer : layers) {
      if (!store.layers().contains(layer.diffId())) {
        return false;
      }
    }
    return true;
  }

  private static List<StackLayer> stack(Result result) {
    return switch (result) {
      case Result.Layers layers -> layers.layers();
      case Result.Files files -> throw new IllegalArgumentException("not a root file system");
    };
  }

  private static List<DiffId> layers(Result result) {
    return StackLayer.diffIds(stack(result));
  }

  private static String chain(List<DiffId> layers) {
    return ChainId.of(layers).map(ChainId::toString).orElse("empty");
  }

  /** To the millisecond: what a record keeps of it must be what the image says. */
  private Instant now() {
    return Instant.ofEpochMilli(clock.millis());
  }

  private interface Action<T> {
    T run() throws Exception;
  }

  private <T> T located(Vertex vertex, Action<T> action) throws Exception {
    try {
      return action.run();
    } catch (BuildFailure failure) {
      throw vertex.step().source().map(span -> diagnostics.at(span, failure)).orElse(failure);
    } catch (java.nio.file.NoSuchFileException e) {
      BuildFailure failure =
          new BuildFailure(BuildFailure.Kind.NOT_FOUND, "\"" + e.getMessage() + "\" is gone", e);
      throw vertex.step().source().map(span -> diagnostics.at(span, failure)).orElse(failure);
    }
  }
}
