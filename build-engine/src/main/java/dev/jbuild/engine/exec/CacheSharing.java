package dev.jbuild.engine.exec;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.CacheTarget;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.graph.Vertex;
import dev.jbuild.engine.remote.CacheDocument;
import dev.jbuild.engine.remote.CacheExport;
import dev.jbuild.engine.remote.StepRecords;
import dev.jbuild.engine.solve.Solver;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a build shares of its cache, gathered platform by platform; used by one thread. */
final class CacheSharing {
  private final BuildRequest request;
  private final CacheExport export;
  private final Map<CacheTarget, List<CacheDocument.Entry>> gathered = new LinkedHashMap<>();

  CacheSharing(BuildRequest request, CacheExport export) {
    this.request = request;
    this.export = export;
    request.cacheTo().forEach(target -> gathered.put(target, new ArrayList<>()));
    if (gathered.keySet().stream().anyMatch(CacheTarget.Inline.class::isInstance)
        && request.outputs().stream().anyMatch(CacheSharing::changesLayers)) {
      throw new BuildFailure(
          Kind.UNSUPPORTED,
          "an inline cache cannot name the layers of an estargz image",
          "choose another compression, or keep the cache with --cache-to type=registry",
          null);
    }
  }

  private static boolean changesLayers(Output output) {
    return switch (output) {
      case Output.StoreImage image -> isEstargz(image.options());
      case Output.Push push -> isEstargz(push.options());
      case Output.OciArchive archive -> isEstargz(archive.options());
      case Output.DockerArchive archive -> isEstargz(archive.options());
      case Output.DockerLoad load -> isEstargz(load.options());
      case Output.LocalDirectory local -> false;
      case Output.RootfsTar tar -> false;
      case Output.None none -> false;
    };
  }

  private static boolean isEstargz(Output.ImageOptions options) {
    return options.compression() instanceof Compression.Estargz;
  }

  /**
   * Takes the records of one platform's target.
   *
   * @return the image's config, with an inline cache if one was asked for
   */
  ImageConfig take(Solver solver, Vertex target, ImageConfig config) throws IOException {
    ImageConfig result = config;
    for (Map.Entry<CacheTarget, List<CacheDocument.Entry>> each : gathered.entrySet()) {
      switch (each.getKey()) {
        case CacheTarget.Inline inline -> {
          CacheDocument document =
              new CacheDocument(records(solver, target, false), Map.of(), Map.of());
          Map<String, String> extra = new LinkedHashMap<>(config.extra());
          byte[] json = Json.compact(document.toJson());
          extra.put(CacheDocument.INLINE, new String(json, StandardCharsets.UTF_8));
          result = config.withExtra(extra);
        }
        case CacheTarget.Registry registry ->
            each.getValue().addAll(records(solver, target, registry.options().everyStep()));
        case CacheTarget.Local local ->
            each.getValue().addAll(records(solver, target, local.options().everyStep()));
      }
    }
    return result;
  }

  /** A secret that also is an argument or variable of a step keeps that step out of the cache. */
  private List<CacheDocument.Entry> records(Solver solver, Vertex target, boolean everyStep)
      throws IOException {
    SecretCheck secrets = new SecretCheck(request);
    List<CacheDocument.Entry> clean = new ArrayList<>();
    for (CacheDocument.Entry entry :
        StepRecords.of(solver, target, everyStep, request.latestTime().orElse(null))) {
      if (!secrets.isIn(entry.record())) {
        clean.add(entry);
      }
    }
    return clean;
  }

  /** Writes all caches that are not inline. */
  void export() {
    int number = 0;
    for (Map.Entry<CacheTarget, List<CacheDocument.Entry>> each : gathered.entrySet()) {
      export.export(number++, each.getKey(), each.getValue());
    }
  }
}
