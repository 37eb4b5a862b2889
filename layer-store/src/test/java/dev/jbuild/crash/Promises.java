package dev.jbuild.crash;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.store.Store;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Images that were reported done, and so must be there whatever happened since. */
final class Promises {
  private final Map<String, String> digests = new HashMap<>();
  private int given;

  /** A line of {@link StoreWork}. Between "removing" and "removed" nothing is promised of a tag. */
  void take(String line) {
    String[] words = line.split(" ", -1);
    switch (words[0]) {
      case "tagged" -> {
        digests.put(words[1], words[2]);
        given++;
      }
      case "removing" -> digests.remove(words[1]);
      default -> {
        // Progress, of which nothing is left to see.
      }
    }
  }

  /** How many were given so far, those that were taken back among them. */
  int given() {
    return given;
  }

  void assertKept(Store store, String when) {
    digests.forEach((tag, digest) -> {
      assertThat(store.tags().get(tag).map(Descriptor::digest).map(Object::toString))
          .as("%s: tag %s", when, tag)
          .contains(digest);
      assertThat(new Images(store).get(tag).manifest().layers())
          .as("%s: layers of %s", when, tag)
          .allSatisfy(layer -> assertThat(store.blobs().contains(layer.digest())).isTrue());
    });
  }

  /** Removes the first half of the tags, which keeps the store small, and the checks short. */
  void halve(Store store) {
    List<String> old = digests.keySet().stream().sorted().toList();
    for (String tag : old.subList(0, old.size() / 2)) {
      digests.remove(tag);
      store.tags().remove(tag);
    }
  }
}
