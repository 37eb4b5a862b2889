import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The first image of an OCI layout.
 *
 * @param config as JSON
 * @param layers each as an uncompressed tar, lowest first
 */
record Image(JsonNode config, List<byte[]> layers) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Reads a layout in a folder. */
  static Image ofFolder(Path layout) throws IOException {
    Map<String, byte[]> files = new HashMap<>();
    try (var paths = Files.walk(layout)) {
      for (Path path : paths.filter(Files::isRegularFile).toList()) {
        files.put(layout.relativize(path).toString(), Files.readAllBytes(path));
      }
    }
    return of(files);
  }

  /** Reads a layout in a tar archive. */
  static Image ofArchive(Path archive) throws IOException {
    Map<String, byte[]> files = new HashMap<>();
    try (var tar = new TarArchiveInputStream(Files.newInputStream(archive))) {
      for (TarArchiveEntry entry; (entry = tar.getNextEntry()) != null; ) {
        files.put(entry.getName(), tar.readAllBytes());
      }
    }
    return of(files);
  }

  private static Image of(Map<String, byte[]> files) throws IOException {
    JsonNode node = JSON.readTree(files.get("index.json"));
    while (!node.path("manifests").isMissingNode()) {
      node = JSON.readTree(blob(files, node.path("manifests").path(0)));
    }
    List<byte[]> layers = new ArrayList<>();
    for (JsonNode layer : node.path("layers")) {
      layers.add(plain(blob(files, layer)));
    }
    return new Image(JSON.readTree(blob(files, node.path("config"))), layers);
  }

  private static byte[] blob(Map<String, byte[]> files, JsonNode descriptor) {
    return files.get("blobs/" + descriptor.path("digest").asText().replace(':', '/'));
  }

  private static byte[] plain(byte[] layer) throws IOException {
    boolean gzip = layer.length > 2 && layer[0] == 0x1f && (layer[1] & 0xff) == 0x8b;
    if (!gzip) {
      return layer;
    }
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(layer))) {
      return in.readAllBytes();
    }
  }
}
