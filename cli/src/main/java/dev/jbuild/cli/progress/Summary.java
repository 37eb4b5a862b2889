package dev.jbuild.cli.progress;

import dev.jbuild.engine.event.BuildEvent;

/** The line that ends a build that went well. */
final class Summary {
  private Summary() {}

  /**
   * @param executed steps that ran; work on the result, such as an export, is none
   * @param cached steps that did not have to
   */
  static String of(BuildEvent.Finished finished, int executed, int cached) {
    return "built"
        + finished.result().imageDescriptor().map(image -> " " + image.digest()).orElse("")
        + " in "
        + Figures.time(finished.took())
        + ": "
        + executed
        + " executed, "
        + cached
        + " cached"
        + (finished.result().names().isEmpty()
            ? ""
            : "; " + String.join(", ", finished.result().names()));
  }
}
