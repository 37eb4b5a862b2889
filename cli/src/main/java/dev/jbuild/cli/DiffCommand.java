package dev.jbuild.cli;

import dev.jbuild.image.ConfigChange;
import dev.jbuild.image.FileChange;
import dev.jbuild.image.ImageDiff;
import dev.jbuild.image.Images;
import java.io.PrintStream;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Parameters;

/** {@code jbuild diff A B}: how two images of the store differ, in settings and files. */
@picocli.CommandLine.Command
final class DiffCommand extends Command {
  @Parameters(index = "0", paramLabel = "A", description = "an image")
  String before = "";

  @Parameters(index = "1", paramLabel = "B", description = "another image")
  String after = "";

  @Override
  int run(Session session) {
    Images images = new Images(session.store());
    ImageDiff diff = images.diff(images.get(before), images.get(after));
    print(diff, session.console().out());
    return Jbuild.OK;
  }

  static void print(ImageDiff diff, PrintStream out) {
    for (ConfigChange change : diff.config()) {
      out.println(
          "~ "
              + change.field()
              + ": "
              + change.was().orElse("(none)")
              + " → "
              + change.is().orElse("(none)"));
    }
    for (FileChange change : diff.files()) {
      String mark =
          switch (change.kind()) {
            case ADDED -> "+";
            case REMOVED -> "-";
            case CHANGED -> "~";
          };
      String aspects =
          change.aspects().stream()
              .map(aspect -> aspect.name().toLowerCase(Locale.ROOT))
              .sorted()
              .collect(Collectors.joining(", "));
      out.println(mark + " /" + change.path() + (aspects.isEmpty() ? "" : " (" + aspects + ")"));
    }
  }
}
