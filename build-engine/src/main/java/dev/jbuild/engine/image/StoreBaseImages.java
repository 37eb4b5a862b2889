package dev.jbuild.engine.image;

import dev.jbuild.engine.ContextSource;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.image.Image;
import dev.jbuild.image.ImageLocation;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.ImageName;
import dev.jbuild.registry.PulledImage;
import dev.jbuild.store.Store;
import java.util.List;
import java.util.Optional;

/**
 * Finds images in the store by any spelling of their name, and otherwise in their registry.
 *
 * <p>A name that the store has is not asked for elsewhere, unless every build is to ask ({@code
 * --pull}); a name with a digest never needs to be. Pulling brings manifest and config only; layers
 * come when something needs them.
 */
public final class StoreBaseImages implements BaseImages {
  private final Store store;
  private final Images images;
  private final RegistryAccess registry;
  private final boolean alwaysAsk;

  /**
   * @param alwaysAsk whether a tag in the store is not good enough
   */
  public StoreBaseImages(Store store, RegistryAccess registry, boolean alwaysAsk) {
    this.store = store;
    this.images = new Images(store);
    this.registry = registry;
    this.alwaysAsk = alwaysAsk;
  }

  @Override
  public BaseImage resolve(String name, Platform platform) {
    Optional<ContextSource.OciLayout> layout = ContextSource.OciLayout.parse(name);
    if (layout.isPresent()) {
      return layout(layout.get(), platform);
    }
    ImageName wanted = ImageName.parse(name);
    Optional<String> tag = alwaysAsk ? Optional.empty() : tagOf(wanted);
    return tag.isPresent()
        ? local(name, images.get(tag.get(), platform))
        : pulled(name, registry.client().puller().pull(wanted, platform));
  }

  /** The store's name for the same image: it keeps names as they were given. */
  private Optional<String> tagOf(ImageName wanted) {
    for (var tag : store.tags().list().entrySet()) {
      ImageName known;
      try {
        known = ImageName.parse(tag.getKey());
      } catch (BuildFailure notAName) {
        continue;
      }
      boolean same =
          wanted.digest().isPresent()
              ? known.repository().equals(wanted.repository())
                  && wanted.digest().get().equals(tag.getValue().digest())
              : known.equals(wanted);
      if (same) {
        return Optional.of(tag.getKey());
      }
    }
    return Optional.empty();
  }

  private BaseImage local(String name, Image image) {
    List<DiffId> diffIds = image.config().diffIds();
    List<Descriptor> layers = image.manifest().layers();
    for (int i = 0; i < layers.size(); i++) {
      if (store.layers().find(diffIds.get(i)).isEmpty()) {
        store.layers().addBlob(diffIds.get(i), layers.get(i));
      }
    }
    return new BaseImage(name, image.manifest().digest(), layers, image.config());
  }

  /** All of a layout comes into the store; what is there already is not copied again. */
  private BaseImage layout(ContextSource.OciLayout layout, Platform platform) {
    ImageLocation place = new ImageLocation.OciDirectory(layout.directory(), layout.reference());
    return local(layout.toString(), images.read(place, platform));
  }

  private static BaseImage pulled(String name, PulledImage image) {
    return new BaseImage(
        name, image.manifest().digest(), image.manifest().layers(), image.config());
  }
}
