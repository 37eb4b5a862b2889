package dev.jbuild.server.docker;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;

/** {@code /version} and {@code /info}. */
public final class SystemJson {
  private static final String NOTE =
      "jbuild is a build server: it builds, keeps and pushes images and has no containers";

  private SystemJson() {}

  /**
   * {@code GET /version}. Beside Docker's fields stands {@code version}, which the server's own API
   * has had.
   */
  public static ObjectNode version(String version) {
    ObjectNode node = Json.object();
    node.set("Platform", Json.object().put("Name", "jbuild"));
    return node.put("version", version)
        .put("Version", version)
        .put("ApiVersion", ApiVersion.MOST.toString())
        .put("MinAPIVersion", ApiVersion.LEAST.toString())
        .put("Os", Platform.host().os())
        .put("Arch", Platform.host().architecture())
        .put("KernelVersion", System.getProperty("os.version"));
  }

  /**
   * {@code GET /info}, as far as clients look at it before they build.
   *
   * @param images that have a name
   */
  public static ObjectNode info(String version, int images, Instant now) {
    ObjectNode node = Json.object();
    node.put("ID", "jbuild")
        .put("Name", hostName())
        .put("ServerVersion", version)
        .put("OperatingSystem", "jbuild")
        .put("OSType", Platform.host().os())
        .put("Architecture", System.getProperty("os.arch"))
        .put("KernelVersion", System.getProperty("os.version"))
        .put("NCPU", Runtime.getRuntime().availableProcessors())
        .put("MemTotal", memory())
        .put("SystemTime", now.toString())
        .put("Driver", "jbuild")
        .put("IndexServerAddress", "https://index.docker.io/v1/")
        .put("Images", images)
        .put("Containers", 0)
        .put("ContainersRunning", 0)
        .put("ContainersPaused", 0)
        .put("ContainersStopped", 0)
        .put("ExperimentalBuild", false);
    node.set("Swarm", Json.object().put("LocalNodeState", "inactive"));
    ArrayNode warnings = Json.array();
    node.set("Warnings", warnings.add(NOTE));
    return node;
  }

  private static String hostName() {
    return firstLine("/proc/sys/kernel/hostname");
  }

  /** Bytes of the machine's memory; 0 if nothing says. */
  private static long memory() {
    String[] words = firstLine("/proc/meminfo").split("\\s+", 3);
    return words.length == 3 && words[0].equals("MemTotal:") ? Long.parseLong(words[1]) << 10 : 0;
  }

  private static String firstLine(String file) {
    try (var lines = Files.lines(Path.of(file))) {
      return lines.findFirst().orElse("").strip();
    } catch (IOException e) {
      return "";
    }
  }
}
