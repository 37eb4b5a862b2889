package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.image.ImageLocation;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.store.Store;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Copies images byte by byte between registries, layouts, archives and the store: indexes with all
 * their manifests, unknown fields and unknown media types included. Nothing is unpacked and nothing
 * is written anew, so the digest stays.
 *
 * <p>Between registries a blob comes through the store only if the target has not got it and cannot
 * take it from a repository of its own.
 */
public final class ImageCopy {
  private final RegistryClient client;
  private final Images images;

  /**
   * A copier.
   *
   * @param client not closed by this
   * @param store the client's, through which everything goes
   */
  public ImageCopy(RegistryClient client, Store store) {
    this.client = client;
    images = new Images(store);
  }

  /**
   * Copies.
   *
   * @return what was copied
   * @throws BuildFailure if {@code from} is not there, names nothing, or names several images where
   *     one is needed
   */
  public Descriptor copy(ImageLocation from, ImageLocation to) {
    Descriptor root;
    String name;
    if (from instanceof ImageLocation.InRegistry remote) {
      ImageName parsed = ImageName.parse(remote.name());
      root =
          to instanceof ImageLocation.InRegistry
              ? client.puller().pullManifests(parsed)
              : client.puller().pullAll(parsed);
      name = parsed.familiar();
    } else {
      Map.Entry<String, Descriptor> read = images.read(from);
      root = read.getValue();
      name = read.getKey();
    }
    if (to instanceof ImageLocation.InRegistry remote) {
      client.pusher().push(root, List.of(ImageName.parse(remote.name())));
    } else {
      images.write(root, name, to);
    }
    return root;
  }

  /**
   * What was copied with all that refers to it.
   *
   * @param referrers each after what it refers to
   * @param gone listed at the source, which no longer has them
   */
  public record Family(Descriptor root, List<Referrer> referrers, List<Referrer> gone) {}

  /**
   * Copies an image and everything that refers to it, to its platforms' images, and to what refers
   * to them. The image goes first; what refers to it is listed at the target as the target does it,
   * by its API or by tag. What the source lists but no longer has is left out: lists under a tag
   * keep the entries of what was deleted or collected as garbage.
   *
   * @throws BuildFailure of kind {@code USER} unless both are in registries: nothing else keeps a
   *     list of what refers to an image
   */
  public Family copyWithReferrers(ImageLocation from, ImageLocation to) {
    if (!(from instanceof ImageLocation.InRegistry(String source))
        || !(to instanceof ImageLocation.InRegistry(String target))) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "what refers to an image is copied from registry to registry only",
          "write both as docker://NAME",
          null);
    }
    RepositoryName old = ImageName.parse(source).repository();
    RepositoryName fresh = ImageName.parse(target).repository();
    Descriptor root = copy(from, to);
    List<Referrer> copied = new ArrayList<>();
    List<Referrer> gone = new ArrayList<>();
    for (Referrer referrer : client.puller().referrers(old, root)) {
      ImageName name = new ImageName(old, null, referrer.descriptor().digest());
      Descriptor found;
      try {
        found = client.puller().pullManifests(name);
      } catch (RegistryFailure e) {
        // A part that is missing of a manifest that is there would be lost without a word.
        if (e.kind() != BuildFailure.Kind.NOT_FOUND || isThere(name)) {
          throw e;
        }
        gone.add(referrer);
        continue;
      }
      String tag = referrer.tag().orElse(null);
      client
          .pusher()
          .push(found, List.of(new ImageName(fresh, tag, tag == null ? found.digest() : null)));
      copied.add(referrer);
    }
    return new Family(root, List.copyOf(copied), List.copyOf(gone));
  }

  private boolean isThere(ImageName name) {
    try {
      client.puller().resolve(name);
      return true;
    } catch (RegistryFailure e) {
      if (e.kind() == BuildFailure.Kind.NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }
}
