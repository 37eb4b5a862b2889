package dev.jbuild.engine.plan;

import dev.jbuild.oci.Platform;
import java.util.LinkedHashMap;
import java.util.Map;

/** The platform ARGs that are in scope for FROM without being declared. */
final class PlatformArgs {
  private PlatformArgs() {}

  /**
   * @param build the machine that builds
   * @param target what is built for
   * @param stage name of the target stage, or {@code default}
   */
  static Map<String, String> of(Platform build, Platform target, String stage) {
    Map<String, String> args = new LinkedHashMap<>();
    put(args, "BUILD", build);
    put(args, "TARGET", target);
    args.put("TARGETSTAGE", stage);
    return args;
  }

  private static void put(Map<String, String> args, String prefix, Platform platform) {
    args.put(prefix + "PLATFORM", platform.toString());
    args.put(prefix + "OS", platform.os());
    args.put(prefix + "OSVERSION", platform.osVersion());
    args.put(prefix + "ARCH", platform.architecture());
    args.put(prefix + "VARIANT", platform.variant());
  }
}
