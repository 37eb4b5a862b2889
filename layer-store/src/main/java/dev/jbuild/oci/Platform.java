package dev.jbuild.oci;

import dev.jbuild.failure.BuildFailure;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What an image runs on (OCI image-spec image-index.md "platform"), in normal form: the names Go
 * uses, {@code arm64} without {@code v8}, {@code arm} always with a variant, {@code amd64} without
 * {@code v1}. Absent variant and version are empty strings.
 */
public record Platform(
    String os, String architecture, String variant, String osVersion, List<String> osFeatures) {
  private static final Pattern WORD = Pattern.compile("[A-Za-z0-9_.-]+");

  public Platform {
    os = normalOs(os);
    String given = architecture.toLowerCase(Locale.ROOT);
    String level = variant.toLowerCase(Locale.ROOT);
    switch (given) {
      case "x86_64", "x86-64", "amd64" -> {
        architecture = "amd64";
        variant = level.equals("v1") ? "" : level;
      }
      case "i386", "i486", "i586", "i686", "386" -> {
        architecture = "386";
        variant = "";
      }
      case "aarch64", "arm64" -> {
        architecture = "arm64";
        variant = level.equals("v8") || level.equals("8") ? "" : level;
      }
      case "armhf" -> {
        architecture = "arm";
        variant = "v7";
      }
      case "armel" -> {
        architecture = "arm";
        variant = "v6";
      }
      case "arm" -> {
        architecture = "arm";
        variant =
            switch (level) {
              case "", "7" -> "v7";
              case "5", "6", "8" -> "v" + level;
              default -> level;
            };
      }
      default -> {
        architecture = given;
        variant = level;
      }
    }
    osFeatures = List.copyOf(osFeatures);
  }

  /** {@code os/architecture} or {@code os/architecture/variant}, without version and features. */
  public static Platform of(String os, String architecture, String variant) {
    return new Platform(os, architecture, variant, "", List.of());
  }

  /**
   * Reads {@code os/arch[/variant]}; {@code os(version)/…} carries a version, and a single word is
   * an operating system or an architecture of the host's system.
   *
   * @throws BuildFailure of kind {@code USER} if the text is none of these
   */
  public static Platform parse(String text) {
    String[] parts = text.split("/", -1);
    String os = parts[0];
    String version = "";
    int paren = os.indexOf('(');
    if (paren >= 0 && os.endsWith(")")) {
      version = os.substring(paren + 1, os.length() - 1);
      os = os.substring(0, paren);
    }
    if (parts.length > 3 || !WORD.matcher(os).matches()) {
      throw invalid(text);
    }
    for (int i = 1; i < parts.length; i++) {
      if (!WORD.matcher(parts[i]).matches()) {
        throw invalid(text);
      }
    }
    Platform host = host();
    return switch (parts.length) {
      case 1 ->
          KnownNames.isOs(os)
              ? new Platform(os, host.architecture, host.variant, version, List.of())
              : KnownNames.isArchitecture(os) ? of(host.os, os, "") : unknown(text);
      case 2 -> new Platform(os, parts[1], "", version, List.of());
      default -> new Platform(os, parts[1], parts[2], version, List.of());
    };
  }

  /** Of the machine this runs on. */
  public static Platform host() {
    String name = System.getProperty("os.name", "linux").toLowerCase(Locale.ROOT);
    String os = name.startsWith("mac") ? "darwin" : name.startsWith("win") ? "windows" : name;
    return of(os, System.getProperty("os.arch", "amd64"), "");
  }

  /**
   * What runs where this platform is asked for, the best first: itself, lower variants, and the
   * 32-bit architecture that the same processors run.
   */
  public List<Platform> acceptable() {
    List<Platform> all = new ArrayList<>();
    all.add(of(os, architecture, variant));
    switch (architecture) {
      case "amd64" -> {
        for (int level = digit(variant, 1) - 1; level >= 1; level--) {
          all.add(of(os, "amd64", "v" + level));
        }
        all.add(of(os, "386", ""));
      }
      case "arm64" -> {
        if (!variant.isEmpty()) {
          all.add(of(os, "arm64", ""));
        }
        addArm(all, 8);
      }
      case "arm" -> addArm(all, digit(variant, 7) - 1);
      default -> {
        if (!variant.isEmpty()) {
          all.add(of(os, architecture, ""));
        }
      }
    }
    return List.copyOf(all);
  }

  /** Whether an image of {@code candidate} may run where this platform is asked for. */
  public boolean accepts(Platform candidate) {
    return rank(candidate).isPresent();
  }

  /** The best of the candidates for this platform; ties go to the first. */
  public Optional<Platform> best(Collection<Platform> candidates) {
    Platform best = null;
    int bestRank = Integer.MAX_VALUE;
    for (Platform candidate : candidates) {
      int rank = rank(candidate).orElse(Integer.MAX_VALUE);
      if (rank < bestRank) {
        best = candidate;
        bestRank = rank;
      }
    }
    return Optional.ofNullable(best);
  }

  /** How good an image of {@code candidate} is here: 0 is best, empty means it does not run. */
  Optional<Integer> rank(Platform candidate) {
    if (!osVersion.isEmpty()
        && !candidate.osVersion.isEmpty()
        && !candidate.osVersion.equals(osVersion)) {
      return Optional.empty();
    }
    int at = acceptable().indexOf(of(candidate.os, candidate.architecture, candidate.variant));
    return at < 0 ? Optional.empty() : Optional.of(at);
  }

  /** {@code os/architecture[/variant]}. */
  @Override
  public String toString() {
    return os + "/" + architecture + (variant.isEmpty() ? "" : "/" + variant);
  }

  private void addArm(List<Platform> all, int from) {
    for (int level = from; level >= 5; level--) {
      all.add(of(os, "arm", "v" + level));
    }
  }

  private static int digit(String variant, int otherwise) {
    return variant.length() == 2 && Character.isDigit(variant.charAt(1))
        ? variant.charAt(1) - '0'
        : otherwise;
  }

  private static String normalOs(String os) {
    String lower = os.toLowerCase(Locale.ROOT);
    return lower.equals("macos") ? "darwin" : lower;
  }

  private static BuildFailure invalid(String text) {
    return new BuildFailure(
        BuildFailure.Kind.USER,
        "invalid platform \"" + text + "\"",
        "write it as os/architecture or os/architecture/variant, as in linux/arm64 or linux/arm/v7",
        null);
  }

  private static Platform unknown(String text) {
    throw invalid(text);
  }

  /** The words that may stand alone, where a reader must tell a system from an architecture. */
  private static final class KnownNames {
    private static final List<String> SYSTEMS =
        List.of("linux", "windows", "darwin", "macos", "freebsd", "netbsd", "openbsd", "wasip1");
    private static final List<String> ARCHITECTURES =
        List.of(
            "amd64",
            "x86_64",
            "x86-64",
            "386",
            "i386",
            "arm64",
            "aarch64",
            "arm",
            "armhf",
            "armel",
            "ppc64le",
            "ppc64",
            "s390x",
            "riscv64",
            "mips64le",
            "mips64",
            "mips",
            "mipsle",
            "loong64",
            "wasm");

    static boolean isOs(String word) {
      return SYSTEMS.contains(word.toLowerCase(Locale.ROOT));
    }

    static boolean isArchitecture(String word) {
      return ARCHITECTURES.contains(word.toLowerCase(Locale.ROOT));
    }
  }
}
