package dev.jbuild.cli;

import dev.jbuild.engine.cache.BuildNotes;
import dev.jbuild.engine.cache.BuildNotes.Notes;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.registry.ImageName;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which of the builds that the store remembers is meant. */
final class BuildChoice {
  @Option(
      names = "--build",
      paramLabel = "ID|NAME",
      description =
          "a build by its id or the beginning of it, or the last one that gave an image this name;"
              + " default the last one of all")
  @Nullable String build;

  /**
   * The notes of the build that is meant.
   *
   * @throws BuildFailure {@code NOT_FOUND} if there is none
   */
  Notes in(Path notes) throws IOException {
    if (build == null) {
      return BuildNotes.last(notes)
          .orElseThrow(
              () -> new BuildFailure(Kind.NOT_FOUND, "nothing has been built in this store yet"));
    }
    String wanted = build;
    List<Notes> all = BuildNotes.list(notes);
    List<Notes> byId = all.stream().filter(each -> each.buildId().startsWith(wanted)).toList();
    if (byId.size() > 1) {
      throw new BuildFailure(
          Kind.NOT_FOUND,
          "the ids of " + byId.size() + " builds begin with \"" + wanted + "\"",
          "they are " + String.join(", ", byId.stream().map(Notes::buildId).toList()),
          null);
    }
    if (!byId.isEmpty()) {
      return byId.getFirst();
    }
    return all.stream()
        .filter(each -> each.tags().stream().anyMatch(tag -> same(tag, wanted)))
        .findFirst()
        .orElseThrow(() ->
            new BuildFailure(
                Kind.NOT_FOUND,
                "no build \"" + wanted + "\" is remembered",
                "\"jbuild explain --list\" shows those that are",
                null));
  }

  /** As an image's names are compared everywhere: {@code hello} is {@code hello:latest}. */
  private static boolean same(String tag, String wanted) {
    try {
      return ImageName.parse(tag).equals(ImageName.parse(wanted));
    } catch (BuildFailure e) {
      return tag.equals(wanted);
    }
  }
}
