package dev.jbuild.dockerfile.lint;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** Platforms written {@code os/arch/variant}. */
final class PlatformNames {
  private static final Pattern PART = Pattern.compile("[A-Za-z0-9_.-]+");
  private static final Set<String> SYSTEMS =
      Set.of(
          "aix",
          "android",
          "darwin",
          "dragonfly",
          "freebsd",
          "illumos",
          "ios",
          "js",
          "linux",
          "netbsd",
          "openbsd",
          "plan9",
          "solaris",
          "wasip1",
          "windows");
  private static final Set<String> ARCHITECTURES =
      Set.of(
          "386",
          "amd64",
          "arm",
          "arm64",
          "loong64",
          "mips",
          "mips64",
          "mips64le",
          "mipsle",
          "ppc64",
          "ppc64le",
          "riscv64",
          "s390x",
          "wasm");

  /** Operating system and architecture. */
  record Name(String os, String architecture) {}

  private PlatformNames() {}

  /** Reads {@code text}; empty when it is no platform. */
  static Optional<Name> parse(String text) {
    String[] parts = text.toLowerCase(Locale.ROOT).split("/", -1);
    for (String part : parts) {
      if (!PART.matcher(part).matches()) {
        return Optional.empty();
      }
    }
    if (parts.length == 1) {
      String arch = normal(parts[0]);
      return SYSTEMS.contains(parts[0])
          ? Optional.of(new Name(parts[0], "amd64"))
          : ARCHITECTURES.contains(arch) ? Optional.of(new Name("linux", arch)) : Optional.empty();
    }
    return parts.length > 3 ? Optional.empty() : Optional.of(new Name(parts[0], normal(parts[1])));
  }

  private static String normal(String architecture) {
    return switch (architecture) {
      case "x86_64", "x86-64" -> "amd64";
      case "aarch64" -> "arm64";
      case "i386" -> "386";
      case "armhf", "armel" -> "arm";
      default -> architecture;
    };
  }

  static Map<String, String> args(String build, String target) {
    Map<String, String> args = new LinkedHashMap<>();
    put(args, "BUILD", build);
    put(args, "TARGET", target);
    return args;
  }

  private static void put(Map<String, String> args, String prefix, String platform) {
    String[] parts = platform.split("/", -1);
    args.put(prefix + "PLATFORM", platform);
    args.put(prefix + "OS", parts[0]);
    args.put(prefix + "OSVERSION", "");
    args.put(prefix + "ARCH", parts.length > 1 ? parts[1] : "");
    args.put(prefix + "VARIANT", parts.length > 2 ? parts[2] : "");
  }
}
