package dev.jbuild.engine.remote;

import dev.jbuild.engine.CacheTarget;
import dev.jbuild.engine.cache.CacheKey;
import dev.jbuild.engine.cache.FileManifests;
import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.image.RegistryAccess;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.image.ArchiveWriter;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Manifest;
import dev.jbuild.registry.ImageName;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Writes what a build made to where other builds import it from; used by one thread. */
public final class CacheExport {
  private final Store store;
  private final RegistryAccess registry;
  private final CacheImports imports;
  private final FileManifests files;
  private final StepEvents events;

  /**
   * @param imports of the same build: what only they have need not be fetched for a registry
   */
  public CacheExport(
      Store store,
      RegistryAccess registry,
      CacheImports imports,
      FileManifests files,
      StepEvents events) {
    this.store = store;
    this.registry = registry;
    this.imports = imports;
    this.files = files;
    this.events = events;
  }

  /**
   * Writes a cache; one that is inline is written with the image.
   *
   * @param number of the target within the build
   * @param records of the steps that belong into it
   * @throws BuildFailure unless the target says that errors are to be ignored
   */
  public void export(int number, CacheTarget target, List<CacheDocument.Entry> records) {
    switch (target) {
      case CacheTarget.Inline inline -> {}
      case CacheTarget.Registry remote ->
          export(
              number,
              remote.name(),
              remote.options(),
              () -> {
                ImageName name = ImageName.parse(remote.name());
                Descriptor cache = write(records, remote.options(), true);
                registry.client().pusher().push(cache, List.of(name));
              });
      case CacheTarget.Local local ->
          export(
              number,
              local.directory().toString(),
              local.options(),
              () -> {
                Descriptor cache = write(records, local.options(), false);
                LinkedHashMap<String, Descriptor> named = new LinkedHashMap<>();
                named.put("cache:" + local.tag(), cache);
                new ArchiveWriter(store).writeAndShrink(named, local.directory());
              });
    }
  }

  private interface Writing {
    void run() throws IOException;
  }

  private void export(int number, String where, CacheTarget.Options options, Writing writing) {
    Step step = new Step("export-cache/" + number, "exporting cache to " + where, null);
    events.started(step, null);
    try {
      try {
        writing.run();
      } catch (IOException e) {
        throw new BuildFailure(
            Kind.UNAVAILABLE, "the cache cannot be written to " + where + ": " + e.getMessage(), e);
      }
      events.finished(step);
    } catch (BuildFailure failure) {
      if (!options.ignoreError() || failure.kind() == Kind.CANCELLED) {
        events.failed(step, failure);
        throw failure;
      }
      String message = "the cache was not exported to " + where + ": " + failure.text();
      events.send(new BuildEvent.Warning(events.now(), message, null));
      events.finished(step);
    }
  }

  /**
   * Puts the cache's manifest and document into the store, and its layers unless they are to stay
   * where they are.
   */
  private Descriptor write(
      List<CacheDocument.Entry> records, CacheTarget.Options options, boolean mayStayRemote)
      throws IOException {
    Map<DiffId, Descriptor> blobs = new LinkedHashMap<>();
    Map<Digest, Descriptor> listings = new TreeMap<>();
    for (CacheDocument.Entry entry : records) {
      for (StackLayer layer : entry.record().layers()) {
        if (layer.madeAt().isPresent() && !blobs.containsKey(layer.diffId())) {
          blobs.put(layer.diffId(), layer(layer.diffId(), options, mayStayRemote));
        }
      }
      for (CacheKey.Field field : entry.record().fields()) {
        if (field.label().equals(FileManifests.FIELD)) {
          listing(field.values().getFirst(), listings);
        }
      }
    }
    CacheDocument document = new CacheDocument(records, blobs, listings);
    byte[] bytes = Json.compact(document.toJson());
    if (bytes.length > CacheReader.LIMIT) {
      throw new BuildFailure(
          Kind.UNSUPPORTED,
          "the cache's records take " + bytes.length + " bytes, more than " + CacheReader.LIMIT);
    }
    Set<Descriptor> parts = new LinkedHashSet<>(blobs.values());
    parts.addAll(listings.values());
    Manifest manifest =
        Manifest.of(store.blobs().put(CacheDocument.MEDIA_TYPE, bytes), List.copyOf(parts));
    return store.blobs().put(manifest.mediaType(), manifest.bytes());
  }

  private Descriptor layer(DiffId diffId, CacheTarget.Options options, boolean mayStayRemote) {
    if (mayStayRemote && !options.forceCompression()) {
      Optional<Descriptor> remote = imports.unfetched(diffId);
      if (remote.isPresent()) {
        return remote.get().withAnnotations(Map.of());
      }
    }
    return store.layers().blob(diffId, options.compression()).blob().withAnnotations(Map.of());
  }

  private void listing(String digest, Map<Digest, Descriptor> listings) throws IOException {
    Optional<Digest> list = Digest.tryParse(digest);
    if (list.isPresent() && !listings.containsKey(list.get())) {
      Optional<byte[]> packed = files.packed(list.get());
      if (packed.isPresent() && packed.get().length <= CacheReader.LIMIT) {
        listings.put(list.get(), store.blobs().put(CacheDocument.LISTING, packed.get()));
      }
    }
  }
}
