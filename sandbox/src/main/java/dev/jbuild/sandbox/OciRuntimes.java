package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The OCI runtimes of this machine. One that is installed need not start: crun before 1.16 refuses
 * a machine that mounts both versions of cgroups, and others have needs of their own. So they are
 * tried.
 */
final class OciRuntimes {

  /** Those that are taken unasked, the faster first. */
  private static final List<String> CHOICE = List.of("crun", "runc");

  private static final List<String> KNOWN =
      List.of("crun", "runc", "runsc", "kata-runtime", "youki");

  private OciRuntimes() {}

  /**
   * The first of crun and runc that runs a step; the first of all if none does, whose error then
   * tells more than a trial would.
   *
   * @throws BuildFailure of kind NOT_FOUND if neither is on PATH
   */
  static OciLauncher choose() {
    List<Path> found = onPath(CHOICE);
    if (found.isEmpty()) {
      throw OciLauncher.notFound(CHOICE);
    }
    return found.stream()
        .map(OciLauncher::new)
        .filter(launcher -> complaint(launcher) == null)
        .findFirst()
        .orElseGet(() -> new OciLauncher(found.getFirst()));
  }

  /** What doctor says of those on PATH. */
  static Probe probe(Privileges own) {
    List<Path> found = onPath(KNOWN);
    if (found.isEmpty()) {
      return Probe.limited("oci-runtimes", "none on PATH; the embedded launcher needs none", null);
    }
    if (!own.isRootWithMounts()) {
      return Probe.good("oci-runtimes", join(found.stream().map(Path::toString).toList()));
    }
    List<String> good = new ArrayList<>();
    List<String> bad = new ArrayList<>();
    for (Path program : found) {
      String complaint = complaint(new OciLauncher(program));
      if (complaint == null) {
        good.add(program + " starts");
      } else {
        bad.add(program + " does not: " + complaint);
      }
    }
    String finding = join(Stream.concat(good.stream(), bad.stream()).toList());
    return good.isEmpty()
        ? Probe.limited("oci-runtimes", finding, "leave steps to the embedded launcher")
        : Probe.good("oci-runtimes", finding);
  }

  /** Why a runtime runs no step, null if it does. */
  private static @Nullable String complaint(OciLauncher launcher) {
    try {
      Trial.run(launcher, false, null);
      return null;
    } catch (BuildFailure e) {
      if (e.kind() == BuildFailure.Kind.CANCELLED) {
        throw e;
      }
      return e.text();
    }
  }

  private static List<Path> onPath(List<String> names) {
    return names.stream().map(OciLauncher::onPath).flatMap(Optional::stream).toList();
  }

  private static String join(List<String> parts) {
    return parts.stream().collect(Collectors.joining("; "));
  }
}
