package dev.jbuild.engine.export;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.registry.ImageName;
import dev.jbuild.registry.RegistryClient;
import java.util.List;

/** Pushes an image of the store under all its names. */
final class ImagePush {
  private ImagePush() {}

  /**
   * @return the names it can be pulled by now
   */
  static List<String> push(RegistryClient client, List<String> tags, Descriptor image) {
    List<ImageName> names = tags.stream().map(ImageName::parse).toList();
    client.pusher().push(image, names);
    return names.stream().map(ImageName::familiar).toList();
  }
}
