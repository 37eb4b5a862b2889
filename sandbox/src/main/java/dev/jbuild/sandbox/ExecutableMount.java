package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** That programs can be executed where a root directory is used in its place. */
final class ExecutableMount {
  private ExecutableMount() {}

  /**
   * Looks at the mount that holds a directory.
   *
   * @param directory without symbolic links
   * @throws BuildFailure of kind UNSUPPORTED if it is mounted noexec
   */
  static void require(Path directory) {
    try {
      require(directory, Files.readString(Path.of("/proc/self/mountinfo")));
    } catch (IOException _) {
      // Where /proc is not there, the step's own error has to do.
    }
  }

  /**
   * proc(5): the fifth field is the mount point, the sixth its options; later ones hide earlier.
   */
  static void require(Path directory, String mountInfo) {
    Path point = Path.of("/");
    boolean noexec = false;
    for (String line : mountInfo.lines().toList()) {
      String[] fields = line.split(" ", -1);
      Path each = fields.length < 6 ? null : Path.of(fields[4].replace("\\040", " "));
      if (each != null
          && directory.startsWith(each)
          && each.getNameCount() >= point.getNameCount()) {
        point = each;
        noexec = List.of(fields[5].split(",", -1)).contains("noexec");
      }
    }
    if (noexec) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "the store is on " + point + ", which is mounted noexec: no step can be executed there",
          "mount it with exec (docker run --tmpfs " + point + ":exec), or use a volume",
          null);
    }
  }
}
