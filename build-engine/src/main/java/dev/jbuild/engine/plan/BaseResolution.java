package dev.jbuild.engine.plan;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.lint.CheckOptions;
import dev.jbuild.dockerfile.lint.Linter;
import dev.jbuild.dockerfile.lint.Rule;
import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.image.BaseImage;
import dev.jbuild.engine.image.BaseImages;
import dev.jbuild.engine.solve.BuildScope;
import dev.jbuild.engine.solve.StepEvents;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Platform;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;

/**
 * The images that one Dockerfile names, for one build of it; each is looked for in a thread of its
 * own.
 */
final class BaseResolution {
  private final List<Stage> stages;
  private final BaseImages images;
  private final CheckOptions check;
  private final BuildScope scope;
  private final StepEvents events;
  private final Diagnostics diagnostics;
  private final Map<String, Future<BaseImage>> resolving = new ConcurrentHashMap<>();

  BaseResolution(
      List<Stage> stages,
      BaseImages images,
      CheckOptions check,
      BuildScope scope,
      StepEvents events,
      Diagnostics diagnostics) {
    this.stages = stages;
    this.images = images;
    this.check = check;
    this.scope = scope;
    this.events = events;
    this.diagnostics = diagnostics;
  }

  /**
   * The image of a name, on the way; asked for once.
   *
   * @param span of the instruction that wants it
   * @param word of the name in it, where a failure is shown
   */
  Future<BaseImage> resolve(String name, Platform platform, SourceSpan span, SourceSpan word) {
    return resolving.computeIfAbsent(
        platform + " " + name,
        key ->
            scope.fork(() -> {
              try {
                BaseImage image = images.resolve(name, platform);
                warnOfOtherPlatform(image, name, platform, span);
                return image;
              } catch (BuildFailure failure) {
                throw diagnostics.at(word, meantStage(name, span, failure));
              }
            }));
  }

  /** An image that cannot be had may be a stage whose name is misspelled. */
  private BuildFailure meantStage(String name, SourceSpan span, BuildFailure failure) {
    List<String> before =
        stages.stream()
            .filter(stage -> stage.from().span().startLine() < span.startLine())
            .flatMap(stage -> stage.name().stream())
            .toList();
    return Nearest.of(name, before)
        .map(near ->
            new BuildFailure(
                failure.kind(),
                failure.text(),
                "did you mean the stage \"" + near + "\"?",
                failure))
        .orElse(failure);
  }

  private void warnOfOtherPlatform(
      BaseImage image, String name, Platform platform, SourceSpan span) {
    Platform actual = image.config().platform();
    if (!platform.accepts(actual) && check.checks(Rule.INVALID_BASE_IMAGE_PLATFORM, false)) {
      Diagnostic finding =
          Linter.invalidBaseImagePlatform(span, name, platform.toString(), actual.toString());
      if (check.error()) {
        throw diagnostics.of(List.of(finding));
      }
      String message = finding.message() + " (" + finding.rule() + ")";
      events.send(new BuildEvent.Warning(events.now(), message, finding.span()));
    }
  }
}
