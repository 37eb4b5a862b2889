package dev.jbuild.engine.export;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.Platform;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The annotations of a build, by what they are of. Keys are as {@code --annotation} takes them:
 * {@code manifest,index[linux/amd64]:key}; without types they are of the manifests.
 */
final class Annotations {
  private static final Pattern KEY = Pattern.compile("([a-z,-]+)(?:\\[([^\\]]*)\\])?:(.+)");

  /** What can be annotated. */
  enum Target {
    MANIFEST("manifest"),
    MANIFEST_DESCRIPTOR("manifest-descriptor"),
    INDEX("index");

    private final String word;

    Target(String word) {
      this.word = word;
    }

    private static Target of(String word, String key) {
      for (Target target : values()) {
        if (target.word.equals(word)) {
          return target;
        }
      }
      throw new BuildFailure(
          Kind.UNSUPPORTED,
          "annotation \"" + key + "\": there is no \"" + word + "\" to annotate",
          "the types are manifest, manifest-descriptor and index",
          null);
    }
  }

  private record Entry(Target target, Optional<Platform> platform, String key, String value) {}

  private final List<Entry> entries = new ArrayList<>();

  /**
   * @throws BuildFailure if a key names a type that there is not
   */
  Annotations(Map<String, String> annotations) {
    annotations.forEach((key, value) -> {
      Matcher typed = KEY.matcher(key);
      if (!typed.matches()) {
        entries.add(new Entry(Target.MANIFEST, Optional.empty(), key, value));
        return;
      }
      Optional<Platform> platform = Optional.ofNullable(typed.group(2)).map(Platform::parse);
      for (String word : typed.group(1).split(",")) {
        entries.add(new Entry(Target.of(word, key), platform, typed.group(3), value));
      }
    });
  }

  /** Those of a thing of one platform. */
  Map<String, String> of(Target target, Platform platform) {
    Map<String, String> found = new TreeMap<>();
    for (Entry entry : entries) {
      if (entry.target == target && entry.platform.map(platform::equals).orElse(true)) {
        found.put(entry.key, entry.value);
      }
    }
    return found;
  }

  /** Those of the index. */
  Map<String, String> ofIndex() {
    Map<String, String> found = new TreeMap<>();
    for (Entry entry : entries) {
      if (entry.target == Target.INDEX) {
        found.put(entry.key, entry.value);
      }
    }
    return found;
  }
}
