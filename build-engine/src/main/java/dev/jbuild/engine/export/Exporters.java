package dev.jbuild.engine.export;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.BuildResult;
import dev.jbuild.engine.Output;
import dev.jbuild.engine.Output.ImageOptions;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.image.ArchiveWriter;
import dev.jbuild.image.ImageNames;
import dev.jbuild.image.ResultFile;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.FileTree;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.Platform;
import dev.jbuild.store.Store;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** Carries out the outputs of one build, in order. */
public final class Exporters {
  private static final int OUTPUT_BUFFER = 1 << 16;

  private static final ImageOptions DEFAULT_OPTIONS =
      new ImageOptions(Compression.gzip(), false, true, null);

  private final EarlyPush pushes;
  private final Store store;
  private final BuildScope scope;
  private final BuildRequest request;
  private final StepEvents events;

  public Exporters(
      EarlyPush pushes, Store store, BuildScope scope, BuildRequest request, StepEvents events) {
    this.pushes = pushes;
    this.store = store;
    this.scope = scope;
    this.request = request;
    this.events = events;
  }

  /** What layers are compressed with as they are made: as the first output that cares wants it. */
  public static Compression layerCompression(List<Output> outputs) {
    for (Output output : outputs) {
      ImageOptions options = options(output);
      if (options != null) {
        return options.compression();
      }
    }
    return Compression.gzip();
  }

  private static @Nullable ImageOptions options(Output output) {
    return switch (output) {
      case Output.StoreImage image -> image.options();
      case Output.Push push -> push.options();
      case Output.OciArchive archive -> archive.options();
      case Output.DockerArchive archive -> archive.options();
      case Output.DockerLoad load -> load.options();
      case Output.LocalDirectory local -> null;
      case Output.RootfsTar tar -> null;
      case Output.None none -> null;
    };
  }

  /** Does all that was asked for; without any output the image is kept in the store. */
  public BuildResult export(String buildId, List<PlatformImage> images) throws IOException {
    List<Output> outputs =
        request.outputs().isEmpty()
            ? List.of(new Output.StoreImage(DEFAULT_OPTIONS))
            : request.outputs();
    Descriptor first = null;
    List<String> names = new ArrayList<>();
    int number = 0;
    for (Output output : outputs) {
      Step step = new Step("export:" + number++, title(output), null);
      events.started(step, null);
      try {
        Descriptor image = export(output, images, names);
        first = first == null ? image : first;
        events.finished(step);
      } catch (BuildFailure failure) {
        events.failed(step, failure);
        throw failure;
      }
    }
    Digest config =
        first != null && images.size() == 1
            ? Manifest.parse(store.blobs().read(first.digest())).config().digest()
            : null;
    return new BuildResult(buildId, first, config, names);
  }

  private static String title(Output output) {
    return switch (output) {
      case Output.StoreImage image -> "exporting to the store";
      case Output.Push push -> "pushing";
      case Output.OciArchive archive -> "exporting to " + archive.destination();
      case Output.DockerArchive archive -> "exporting to " + archive.destination();
      case Output.DockerLoad load -> "loading into docker";
      case Output.LocalDirectory local -> "exporting files to " + local.destination();
      case Output.RootfsTar tar -> "exporting files to " + tar.destination();
      case Output.None none -> "exporting nothing";
    };
  }

  private @Nullable Descriptor export(Output output, List<PlatformImage> images, List<String> names)
      throws IOException {
    ImageOptions options = options(output);
    Descriptor image =
        options == null
            ? null
            : new ImageManifests(store, scope, annotations(options), output instanceof Output.Push)
                .write(images, options, blob -> layerReady(output, blob));
    List<String> tags = tags(options);
    switch (output) {
      case Output.StoreImage kept -> {
        for (String tag : tags) {
          store.tags().put(tag, required(image));
          names.add(tag);
        }
      }
      case Output.Push push -> names.addAll(push(push, tags, required(image)));
      case Output.OciArchive archive -> {
        SequencedMap<String, Descriptor> named = named(tags, required(image));
        if (archive.tar()) {
          toFile(
              archive.destination(),
              out -> new ArchiveWriter(store).writeTar(named, ArchiveWriter.Kind.OCI, out));
        } else {
          new ArchiveWriter(store).writeDirectory(named, archive.destination());
        }
      }
      case Output.DockerArchive archive -> {
        SequencedMap<String, Descriptor> named = named(tags, required(image));
        toFile(
            archive.destination(),
            out -> new ArchiveWriter(store).writeTar(named, ArchiveWriter.Kind.DOCKER, out));
      }
      case Output.DockerLoad load -> {
        SequencedMap<String, Descriptor> named = named(tags, required(image));
        new DockerDaemon(load.host())
            .load(out -> new ArchiveWriter(store).writeTar(named, ArchiveWriter.Kind.DOCKER, out));
        names.addAll(tags);
      }
      case Output.LocalDirectory local -> {
        for (PlatformImage each : images) {
          Path directory =
              split(local.destination(), local.platformSplit(), each.platform(), images);
          try (FileTree root = store.layers().view(each.config().diffIds())) {
            RootfsExport.toDirectory(root, directory);
          }
        }
      }
      case Output.RootfsTar tar -> {
        Map<BytePath, FileTree> roots = new LinkedHashMap<>();
        try {
          for (PlatformImage each : images) {
            boolean split = tar.platformSplit() || images.size() > 1;
            roots.put(
                split ? BytePath.of(folder(each.platform())) : BytePath.ROOT,
                store.layers().view(each.config().diffIds()));
          }
          toFile(tar.destination(), out -> RootfsExport.toTar(roots, request.latestTime(), out));
        } finally {
          for (FileTree root : roots.values()) {
            root.close();
          }
        }
      }
      case Output.None none -> {}
    }
    return image;
  }

  /** A layer goes out while the next one is compressed. */
  private void layerReady(Output output, Descriptor blob) {
    if (output instanceof Output.Push push) {
      pushes.offer(push, blob);
    }
  }

  /** The build's, and those of one output. */
  private Map<String, String> annotations(ImageOptions options) {
    Map<String, String> all = new LinkedHashMap<>(request.annotations());
    all.putAll(options.annotations());
    return all;
  }

  private List<String> push(Output.Push output, List<String> tags, Descriptor image) {
    if (tags.isEmpty()) {
      throw new BuildFailure(
          Kind.USER, "there is no name to push to", "give the image a name with --tag", null);
    }
    return pushes.finish(output, tags, image);
  }

  private static Path split(
      Path destination, boolean wanted, Platform platform, List<PlatformImage> images) {
    return wanted || images.size() > 1 ? destination.resolve(folder(platform)) : destination;
  }

  private static String folder(Platform platform) {
    return platform.toString().replace('/', '_');
  }

  private List<String> tags(@Nullable ImageOptions options) {
    String own = options == null ? null : options.name();
    List<String> names = own == null ? request.tags() : List.of(own.split(","));
    return names.stream().map(ImageNames::complete).toList();
  }

  private static SequencedMap<String, Descriptor> named(List<String> tags, Descriptor image) {
    SequencedMap<String, Descriptor> named = new LinkedHashMap<>();
    tags.forEach(tag -> named.put(tag, image));
    if (named.isEmpty()) {
      named.put("", image);
    }
    return named;
  }

  private static Descriptor required(@Nullable Descriptor image) {
    if (image == null) {
      throw new BuildFailure(Kind.INTERNAL, "an output without an image");
    }
    return image;
  }

  /** {@code -} is standard output. */
  private static void toFile(Path destination, ResultFile.Content content) throws IOException {
    if (!destination.toString().equals("-")) {
      ResultFile.write(destination, content);
      return;
    }
    // Not System.out, which keeps failures to itself.
    OutputStream out =
        new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), OUTPUT_BUFFER);
    try {
      content.writeTo(out);
      out.flush();
    } catch (IOException e) {
      throw new IOException("standard output: " + e.getMessage(), e);
    }
  }
}
