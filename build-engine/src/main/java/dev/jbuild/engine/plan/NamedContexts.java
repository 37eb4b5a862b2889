package dev.jbuild.engine.plan;

import dev.jbuild.engine.ContextSource;
import dev.jbuild.oci.Platform;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The contexts of {@code --build-context}, by the names that a Dockerfile may call them by. */
final class NamedContexts {
  private final Map<String, ContextSource> given;
  private final Platform target;

  /**
   * @param given by their names as given
   * @param target the platform of the build, which a name may be for alone
   */
  NamedContexts(Map<String, ContextSource> given, Platform target) {
    this.given = given;
    this.target = target;
  }

  /**
   * A context of {@code --build-context}.
   *
   * @param key its name as given
   */
  record Named(String key, ContextSource source) {
    /** What to resolve, if the context is an image. */
    Optional<String> image() {
      return switch (source) {
        case ContextSource.Image image -> Optional.of(image.name());
        case ContextSource.OciLayout layout -> Optional.of(layout.toString());
        case ContextSource.Directory directory -> Optional.empty();
        case ContextSource.Archive archive -> Optional.empty();
        case ContextSource.Empty empty -> Optional.empty();
        case ContextSource.Git git -> Optional.empty();
        case ContextSource.Http http -> Optional.empty();
      };
    }
  }

  /** The context of a name in any of its spellings; one for just this platform wins. */
  Optional<Named> called(String name) {
    String plain = familiar(name);
    if (plain.equals("scratch") || plain.equals("context")) {
      return Optional.empty();
    }
    for (String wanted : List.of(plain + "::" + target, plain)) {
      for (Map.Entry<String, ContextSource> entry : given.entrySet()) {
        if (familiar(entry.getKey()).equals(wanted)) {
          return Optional.of(new Named(entry.getKey(), entry.getValue()));
        }
      }
    }
    return Optional.empty();
  }

  /** An image's name without what it has by default, as buildx compares them. */
  private static String familiar(String name) {
    String plain = name.replaceFirst("^(?:index\\.)?docker\\.io/(?:library/)?", "");
    return plain.replaceFirst(":latest(?=::|$)", "");
  }
}
