package dev.jbuild.server;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.image.Image;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.ImageName;
import dev.jbuild.server.docker.ImageJson;
import dev.jbuild.store.Store;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The images of the store as Docker's clients know them: by an id, which is the config's digest or,
 * for several platforms, the index's, with all names of an id together. One that a build of this
 * server made without a name is known by its id for as long as the build is remembered and nothing
 * has pruned the store. Thread-safe; touches the disk.
 */
final class ServedImages {
  private static final int LEAST_PREFIX = 6;

  private final Store store;
  private final Images images;
  private final Builds builds;
  private final Set<String> removed = ConcurrentHashMap.newKeySet();

  ServedImages(Store store, Builds builds) {
    this.store = store;
    this.images = new Images(store);
    this.builds = builds;
  }

  /** All images with a name, in the order of their first ones. */
  List<ImageJson> list() {
    Map<String, ImageJson> byId = new LinkedHashMap<>();
    store
        .tags()
        .list()
        .forEach((name, target) -> {
          ImageJson image = of(name, target);
          byId.merge(image.id(), image, ImageJson::with);
        });
    return List.copyOf(byId.values());
  }

  /**
   * The image that a name in any spelling, an id or the beginning of an id stands for.
   *
   * @throws BuildFailure of kind {@code NOT_FOUND}, in dockerd's words, or {@code USER}
   */
  ImageJson find(String nameOrId) {
    Optional<String> named = tag(nameOrId);
    Descriptor target = named.map(this::target).orElseGet(() -> byId(nameOrId));
    ImageJson found = of(named.orElse(""), target);
    for (ImageJson image : list()) {
      if (image.id().equals(found.id())) {
        return image.target().equals(target) ? image : image.of(target);
      }
    }
    return found;
  }

  private Descriptor target(String tag) {
    return images.resolve(tag);
  }

  /** The store's name for what was named; empty for an id. */
  Optional<String> tag(String name) {
    Map<String, Descriptor> tags = store.tags().list();
    for (String candidate : List.of(name, name + ":latest")) {
      if (tags.containsKey(candidate)) {
        return Optional.of(candidate);
      }
    }
    ImageName wanted;
    try {
      wanted = ImageName.parse(name);
    } catch (BuildFailure noName) {
      return Optional.empty();
    }
    return tags.entrySet().stream()
        .filter(tag -> {
          ImageName known = ImageName.parse(tag.getKey());
          return wanted.digest().isPresent()
              ? known.repository().equals(wanted.repository())
                  && wanted.digest().get().equals(tag.getValue().digest())
              : known.equals(wanted);
        })
        .map(Map.Entry::getKey)
        .findFirst();
  }

  private Descriptor byId(String id) {
    try {
      return images.resolve(id);
    } catch (BuildFailure e) {
      if (e.kind() != BuildFailure.Kind.NOT_FOUND) {
        throw e;
      }
    }
    String hex = id.startsWith("sha256:") ? id.substring("sha256:".length()) : id;
    if (hex.length() >= LEAST_PREFIX) {
      for (ServedBuild build : builds.list()) {
        Optional<Descriptor> unnamed =
            build
                .result()
                .filter(result ->
                    result.config().map(config -> config.hex().startsWith(hex)).orElse(false)
                        || result
                            .imageDescriptor()
                            .map(image -> image.digest().hex().startsWith(hex))
                            .orElse(false))
                .flatMap(result -> result.imageDescriptor())
                .filter(image -> !removed.contains(image.digest().toString()))
                .filter(image -> store.blobs().size(image.digest()).isPresent());
        if (unnamed.isPresent()) {
          return unnamed.get();
        }
      }
    }
    throw new BuildFailure(BuildFailure.Kind.NOT_FOUND, "No such image: " + id);
  }

  private ImageJson of(String tag, Descriptor target) {
    List<Image> platforms = images.platforms(tag, target);
    if (platforms.isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED, "\"" + tag + "\" is no image for containers");
    }
    Platform best =
        Platform.host()
            .best(platforms.stream().map(Image::platform).toList())
            .orElse(platforms.getFirst().platform());
    Image shown =
        platforms.stream().filter(each -> each.platform().equals(best)).findFirst().orElseThrow();
    String id =
        (platforms.size() == 1 ? shown.manifest().config().digest() : target.digest()).toString();
    return new ImageJson(id, target, shown, tag.isEmpty() ? List.of() : List.of(tag));
  }

  /**
   * Takes a name away, or, if an id was given, all of an image's names.
   *
   * @param force whether an id may stand for several names
   * @return the names that are gone; the image itself is gone, too, if it has none left
   */
  Removal remove(String nameOrId, boolean force) {
    Optional<String> tag = tag(nameOrId);
    ImageJson image = find(nameOrId);
    List<String> names = tag.map(List::of).orElse(image.tags());
    if (names.size() > 1 && !force) {
      throw new BuildFailure(
          BuildFailure.Kind.CONFLICT,
          "conflict: unable to delete "
              + image.shortId()
              + " (must be forced) - image is referenced in multiple repositories");
    }
    List<String> gone = new ArrayList<>(names);
    gone.removeIf(name -> !store.tags().remove(name));
    boolean last = gone.containsAll(image.tags());
    if (last) {
      removed.add(image.target().digest().toString());
    }
    return new Removal(gone, last ? Optional.of(image.id()) : Optional.empty());
  }

  /** What was taken away: names, and the id if that was the last of them. */
  record Removal(List<String> names, Optional<String> id) {}

  /** Gives an image a further name. */
  void tag(String nameOrId, String name) {
    Descriptor target = find(nameOrId).target();
    store.tags().put(name, target);
    removed.remove(target.digest().toString());
  }
}
