package dev.jbuild.image;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.History;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Platform;
import dev.jbuild.store.LayerBlob;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The images of a store by name.
 *
 * <p>Wherever an image is named, the name may lack its tag ({@code latest} is meant), be the digest
 * of a manifest, index or config, or its first six or more hex digits. Thread-safe.
 */
public final class Images {
  private static final int MIN_PREFIX = 6;

  private final Store store;

  public Images(Store store) {
    this.store = store;
  }

  /** All names, sorted. */
  public List<ImageSummary> list() {
    List<ImageSummary> rows = new ArrayList<>();
    store.tags().list().forEach((name, target) -> rows.add(summary(name, target)));
    return rows;
  }

  private ImageSummary summary(String name, Descriptor target) {
    List<Image> platforms = Image.all(store.blobs(), name, target);
    Instant created =
        platforms.stream()
            .flatMap(image -> image.config().createdAt().stream())
            .max(Comparator.naturalOrder())
            .orElse(null);
    long size =
        Image.reachable(store.blobs(), target).stream()
            .mapToLong(digest -> store.blobs().size(digest).orElse(0))
            .sum();
    return new ImageSummary(
        name, target.digest(), platforms.stream().map(Image::platform).toList(), created, size);
  }

  /**
   * What a name stands for.
   *
   * @throws BuildFailure of kind {@code NOT_FOUND}, or {@code USER} if a short digest fits several
   */
  public Descriptor resolve(String name) {
    return find(name).getValue();
  }

  /** All platforms of an image, in the order of its index. */
  public List<Image> platforms(String name) {
    Map.Entry<String, Descriptor> found = find(name);
    return Image.all(store.blobs(), found.getKey(), found.getValue());
  }

  /** All platforms of an image that may have no name, and is called so where one is shown. */
  public List<Image> platforms(String name, Descriptor target) {
    return Image.all(store.blobs(), name, target);
  }

  /**
   * The platform of an image that runs best where {@code wanted} is asked for.
   *
   * @throws BuildFailure of kind {@code NOT_FOUND}, naming the platforms there are
   */
  public Image get(String name, Platform wanted) {
    return best(name, platforms(name), wanted);
  }

  private static Image best(String name, List<Image> platforms, Platform wanted) {
    Platform best =
        wanted
            .best(platforms.stream().map(Image::platform).toList())
            .orElseThrow(() ->
                new BuildFailure(
                    BuildFailure.Kind.NOT_FOUND,
                    "image \""
                        + name
                        + "\" has no platform for "
                        + wanted
                        + ", only "
                        + platforms.stream().map(Image::platform).toList()));
    return platforms.stream()
        .filter(image -> image.platform().equals(best))
        .findFirst()
        .orElseThrow();
  }

  /** The only platform of an image, or the one for this machine if there are several. */
  public Image get(String name) {
    List<Image> platforms = platforms(name);
    return platforms.size() == 1 ? platforms.getFirst() : get(name, Platform.host());
  }

  /** How an image came about, oldest step first. */
  public List<HistoryRow> history(Image image) {
    List<HistoryRow> rows = new ArrayList<>();
    int layer = 0;
    int layers = image.config().diffIds().size();
    for (History step : image.config().history()) {
      if (step.emptyLayer() || layer >= layers) {
        rows.add(new HistoryRow(step, null, null));
      } else {
        rows.add(row(image, step, layer++));
      }
    }
    for (; layer < layers; layer++) {
      rows.add(row(image, new History(null, "", "", "no history for this layer", false), layer));
    }
    return rows;
  }

  private static HistoryRow row(Image image, History step, int layer) {
    return new HistoryRow(
        step, image.config().diffIds().get(layer), image.manifest().layers().get(layer));
  }

  /** Gives what {@code source} stands for a further name. */
  public void tag(String source, String name) {
    store.tags().put(ImageNames.complete(name), resolve(source));
  }

  /**
   * Removes a name, or all names of what a digest stands for. The space comes back when the
   * collector runs.
   *
   * @return the names that were removed
   */
  public List<String> remove(String nameOrDigest) {
    Map.Entry<String, Descriptor> found = lookUp(nameOrDigest);
    if (store.tags().remove(found.getKey())) {
      return List.of(found.getKey());
    }
    List<String> removed = new ArrayList<>();
    store
        .tags()
        .list()
        .forEach((name, target) -> {
          if (target.digest().equals(found.getValue().digest()) && store.tags().remove(name)) {
            removed.add(name);
          }
        });
    return removed;
  }

  /**
   * Loads an archive and tags what it names.
   *
   * @param what names the archive in messages
   * @return the names; a digest for an image that the archive does not name
   */
  public List<String> load(InputStream archive, String what) {
    return tagAll(ArchiveReader.read(store, archive, what));
  }

  /** As above, from a directory that holds an OCI layout or an unpacked Docker archive. */
  public List<String> load(Path directory) {
    return tagAll(ArchiveReader.readDirectory(store, directory));
  }

  /**
   * Makes an image of one layer from the tar of a root file system.
   *
   * @param tar may be compressed; read to its end and closed
   * @param what names the tar in the image's history
   * @param created the time of the image; equal tars and times give equal images
   */
  public Image importRootfs(
      InputStream tar, String what, String name, Platform platform, @Nullable Instant created) {
    String complete = ImageNames.complete(name);
    LayerBlob layer = store.layers().importTar(tar, Compression.gzip());
    ImageConfig config =
        ImageConfig.empty(platform)
            .withCreated(created)
            .withDiffIds(List.of(layer.diffId()))
            .withHistory(List.of(new History(created, "jbuild import " + what, "", "", false)));
    return Image.create(store, complete, config, List.of(layer.blob()));
  }

  private List<String> tagAll(List<Map.Entry<String, Descriptor>> images) {
    List<String> names = new ArrayList<>();
    for (Map.Entry<String, Descriptor> image : images) {
      if (image.getKey().isEmpty()) {
        names.add(image.getValue().digest().toString());
      } else {
        String name = ImageNames.complete(image.getKey());
        store.tags().put(name, image.getValue());
        names.add(name);
      }
    }
    return names;
  }

  /** How one image differs from another, in configuration and in files. */
  public ImageDiff diff(Image before, Image after) {
    try {
      return ImageDiff.between(store, before, after);
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          "compare \"" + before.name() + "\" with \"" + after.name() + "\": " + e.getMessage(),
          e);
    }
  }

  /**
   * Brings the image of a location into the store, without a name; one that is in the store already
   * is only looked up.
   *
   * @return what it is called there, empty if nothing says, and what it is
   * @throws BuildFailure {@code NOT_FOUND}; {@code USER} if there are several and none was named;
   *     {@code UNSUPPORTED} for a registry, which this class does not speak to
   */
  public Map.Entry<String, Descriptor> read(ImageLocation from) {
    return from instanceof ImageLocation.InStore in
        ? find(in.name())
        : LocationFiles.read(store, from);
  }

  /**
   * Brings an image into the store as {@link #read(ImageLocation)} does, and gives the platform of
   * it that {@link #get(String, Platform)} would.
   */
  public Image read(ImageLocation from, Platform wanted) {
    Map.Entry<String, Descriptor> found = read(from);
    List<Image> platforms = Image.all(store.blobs(), found.getKey(), found.getValue());
    return best(found.getKey(), platforms, wanted);
  }

  /**
   * Puts an image whose blobs are in the store to a location, in place of what is there by that
   * name. A file appears whole.
   *
   * @param name what to call it where the location does not say
   * @throws BuildFailure {@code UNSUPPORTED} for a registry
   */
  public void write(Descriptor image, String name, ImageLocation to) {
    if (to instanceof ImageLocation.InStore out) {
      store.tags().put(ImageNames.complete(out.name()), image);
    } else {
      LocationFiles.write(store, image, name, to);
    }
  }

  /**
   * What to give an {@link ArchiveWriter} to save these images: their names and targets, in order.
   */
  public SequencedMap<String, Descriptor> select(List<String> names) {
    SequencedMap<String, Descriptor> selected = new LinkedHashMap<>();
    for (String name : names) {
      Map.Entry<String, Descriptor> found = find(name);
      selected.put(
          Digest.tryParse(found.getKey()).isPresent() ? "" : found.getKey(), found.getValue());
    }
    return selected;
  }

  /**
   * The tag or digest that was meant, and what it stands for: all of it held by the store handle,
   * so that another process may remove the name, and collect, while this one works with it.
   */
  private Map.Entry<String, Descriptor> find(String name) {
    Map.Entry<String, Descriptor> found = lookUp(name);
    while (true) {
      hold(found.getValue());
      // Held first and then seen to be named still: so it was there, whole, when it was held.
      Map.Entry<String, Descriptor> now = lookUp(name);
      if (now.equals(found)) {
        return found;
      }
      found = now;
    }
  }

  private void hold(Descriptor target) {
    try {
      Image.reachable(store.blobs(), target);
    } catch (BuildFailure e) {
      // Damaged or going: whoever reads it, or looks it up again, is told.
    }
  }

  private Map.Entry<String, Descriptor> lookUp(String name) {
    Map<String, Descriptor> tags = store.tags().list();
    for (String candidate : List.of(name, name + ":latest")) {
      Descriptor target = tags.get(candidate);
      if (target != null) {
        return Map.entry(candidate, target);
      }
    }
    String prefix = name.startsWith("sha256:") ? name.substring("sha256:".length()) : name;
    Map<Digest, Descriptor> matches = new TreeMap<>();
    if (prefix.length() >= MIN_PREFIX
        && prefix.chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
      for (Descriptor target : tags.values()) {
        collect(target, prefix, matches);
      }
    }
    if (matches.size() > 1) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "\"" + name + "\" is the beginning of " + matches.size() + " digests");
    }
    for (Map.Entry<Digest, Descriptor> match : matches.entrySet()) {
      return Map.entry(match.getKey().toString(), match.getValue());
    }
    throw notFound(name, tags);
  }

  private void collect(Descriptor target, String prefix, Map<Digest, Descriptor> matches) {
    if (target.digest().hex().startsWith(prefix)) {
      matches.put(target.digest(), target);
      return;
    }
    for (Image image : Image.all(store.blobs(), "", target)) {
      if (image.manifest().digest().hex().startsWith(prefix)
          || image.manifest().config().digest().hex().startsWith(prefix)) {
        matches.put(image.manifest().digest(), image.manifest().descriptor());
      }
    }
  }

  private static BuildFailure notFound(String name, Map<String, Descriptor> tags) {
    String near =
        tags.keySet().stream()
            .filter(tag -> Objects.equals(ImageNames.repository(tag), ImageNames.repository(name)))
            .findFirst()
            .map(tag -> "there is \"" + tag + "\"")
            .orElse("\"jbuild images\" lists what there is");
    return new BuildFailure(
        BuildFailure.Kind.NOT_FOUND, "there is no image \"" + name + "\" in the store", near, null);
  }
}
