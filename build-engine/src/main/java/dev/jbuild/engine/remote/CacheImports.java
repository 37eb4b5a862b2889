package dev.jbuild.engine.remote;

import dev.jbuild.engine.CacheSource;
import dev.jbuild.engine.cache.CacheRecord;
import dev.jbuild.engine.cache.ImportedRecords;
import dev.jbuild.engine.cache.StackLayer;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.Step;
import dev.jbuild.engine.image.RegistryAccess;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.Decompression;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.ImageName;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.store.BlobStore;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The caches that one build imports. They are read when the first step is not found in the store,
 * all at once, and then asked in the order given.
 *
 * <p>A layer is looked for where it is said to be before its record counts as found, so that a
 * cache which lost blobs is a miss. One that cannot be fetched after all, or is not what its diffID
 * says, is {@linkplain #lost told}: the build is to be done again without imports.
 *
 * <p>Safe for use by many threads.
 */
public final class CacheImports implements ImportedRecords {
  private final List<CacheSource> sources;
  private final RegistryAccess registry;
  private final Store store;
  private final List<Platform> platforms;
  private final StepEvents events;
  private final ReentrantLock loading = new ReentrantLock();
  private @Nullable Known known;
  private final Map<DiffId, Boolean> offered = new ConcurrentHashMap<>();
  private volatile @Nullable BuildFailure lost;

  /** Where a layer or a list of files can be had. */
  record Place(CacheContent content, Descriptor blob) {}

  /** What all caches together have; the first that has something wins. */
  private record Known(
      Map<Digest, CacheRecord> records,
      Map<String, List<CacheRecord>> steps,
      Map<DiffId, Place> layers,
      Map<Digest, Place> listings) {}

  /**
   * @param store of the build, whose layers get the offers
   * @param platforms of the build
   */
  public CacheImports(
      List<CacheSource> sources,
      RegistryAccess registry,
      Store store,
      List<Platform> platforms,
      StepEvents events) {
    this.sources = List.copyOf(sources);
    this.registry = registry;
    this.store = store;
    this.platforms = List.copyOf(platforms);
    this.events = events;
  }

  /** Why a layer that was found could not be fetched, if that happened. */
  public Optional<BuildFailure> lost() {
    return Optional.ofNullable(lost);
  }

  @Override
  public Optional<CacheRecord> find(Digest key) {
    CacheRecord record = known().records().get(key);
    return record != null && offer(record.layers()) ? Optional.of(record) : Optional.empty();
  }

  @Override
  public List<CacheRecord> ofStep(String stepId) {
    return known().steps().getOrDefault(stepId, List.of());
  }

  /** The list of files with that digest, compressed with gzip; empty if no cache has it. */
  public Optional<byte[]> listing(Digest list) {
    Place place = known().listings().get(list);
    if (place == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(place.content().bytes(place.blob(), CacheReader.LIMIT));
    } catch (BuildFailure e) {
      // Without it an explanation is less exact, and nothing else.
      return Optional.empty();
    }
  }

  /** The blob of a layer that was found in a cache and that nothing has fetched yet. */
  Optional<Descriptor> unfetched(DiffId layer) {
    Place place = offered.containsKey(layer) ? known().layers().get(layer) : null;
    return place == null || store.layers().find(layer).isPresent()
        ? Optional.empty()
        : Optional.of(place.blob());
  }

  private Known known() {
    loading.lock();
    try {
      Known there = known;
      if (there == null) {
        there = load();
        known = there;
      }
      return there;
    } finally {
      loading.unlock();
    }
  }

  private Known load() {
    Known all = new Known(new HashMap<>(), new HashMap<>(), new HashMap<>(), new HashMap<>());
    int number = 0;
    for (CacheSource source : sources) {
      Step step = new Step("import/" + number++, "importing cache from " + source.name(), null);
      events.started(step, null);
      try {
        CacheContent content = open(source);
        for (CacheDocument document : new CacheReader(content, source.name(), platforms).read()) {
          add(document, content, all);
        }
      } catch (BuildFailure failure) {
        if (failure.kind() == Kind.CANCELLED) {
          throw failure;
        }
        // The first build that is to leave a cache behind finds none.
        warn(
            failure.kind() == Kind.NOT_FOUND && failure instanceof RegistryFailure
                ? "there is no cache \"" + source.name() + "\" yet"
                : "the cache \"" + source.name() + "\" is not used: " + failure.text());
      }
      events.finished(step);
    }
    return all;
  }

  private CacheContent open(CacheSource source) {
    return switch (source) {
      case CacheSource.Local local -> LayoutContent.open(local);
      case CacheSource.Registry remote ->
          new CacheContent.InRegistry(
              registry.client().puller().look(ImageName.parse(remote.name())));
    };
  }

  private static void add(CacheDocument document, CacheContent content, Known all) {
    for (CacheDocument.Entry entry : document.entries()) {
      CacheRecord record = entry.record();
      all.records().putIfAbsent(record.key(), record);
      record.content().ifPresent(key -> all.records().putIfAbsent(key, record));
      all.steps().computeIfAbsent(entry.step(), _ -> new ArrayList<>()).add(record);
    }
    document
        .blobs()
        .forEach((layer, blob) -> all.layers().putIfAbsent(layer, new Place(content, blob)));
    document
        .listings()
        .forEach((list, blob) -> all.listings().putIfAbsent(list, new Place(content, blob)));
  }

  /** Whether all layers can be had; those of a base image are the base image's to offer. */
  private boolean offer(List<StackLayer> layers) {
    Map<DiffId, Place> missing = new LinkedHashMap<>();
    for (StackLayer layer : layers) {
      DiffId diffId = layer.diffId();
      if (store.layers().contains(diffId)) {
        continue;
      }
      Place place = known().layers().get(diffId);
      if (place == null || !place.blob().mediaType().isLayer()) {
        return false;
      }
      missing.put(diffId, place);
    }
    if (missing.isEmpty() || !there(missing)) {
      return missing.isEmpty();
    }
    missing.forEach((diffId, place) -> {
      offered.put(diffId, true);
      store.layers().offer(diffId, place.blob(), (_, into) -> fetch(diffId, place, into));
    });
    return true;
  }

  private boolean there(Map<DiffId, Place> layers) {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> answers = new ArrayList<>();
      for (Place place : layers.values()) {
        answers.add(threads.submit(() -> place.content().has(place.blob())));
      }
      for (Future<Boolean> answer : answers) {
        if (!answer.get()) {
          return false;
        }
      }
      return true;
    } catch (java.util.concurrent.ExecutionException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildFailure(Kind.CANCELLED, "cancelled", e);
    }
  }

  private void fetch(DiffId diffId, Place place, BlobStore into) {
    try {
      place.content().fetch(place.blob(), into);
      verify(diffId, place.blob(), into);
    } catch (BuildFailure failure) {
      if (failure.kind() != Kind.CANCELLED && !Thread.currentThread().isInterrupted()) {
        lost = failure;
      }
      throw failure;
    }
  }

  /**
   * The store believes what is said of a blob until it unpacks it. What a cache says must not get
   * that far: under the diffID of another image's layer it would be in that image's way.
   */
  private static void verify(DiffId diffId, Descriptor blob, BlobStore from) {
    Digest.Hasher hasher = diffId.digest().verifier();
    try (InputStream tar = Decompression.detect(from.open(blob.digest()))) {
      byte[] buffer = new byte[1 << 16];
      for (int n = tar.read(buffer); n >= 0; n = tar.read(buffer)) {
        hasher.update(buffer, 0, n);
      }
    } catch (IOException e) {
      throw new BuildFailure(
          Kind.CORRUPT, "blob " + blob.digest() + " is no layer: " + e.getMessage(), e);
    }
    Digest actual = hasher.digest();
    if (!actual.equals(diffId.digest())) {
      throw new BuildFailure(
          Kind.CORRUPT, "blob " + blob.digest() + " holds the layer " + actual + ", not " + diffId);
    }
  }

  private void warn(String message) {
    events.send(new BuildEvent.Warning(events.now(), message, null));
  }
}
