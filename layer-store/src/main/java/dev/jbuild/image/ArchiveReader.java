package dev.jbuild.image;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Decompression;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Json;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.store.Ingest;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * Loads images from an OCI layout or a Docker archive, as a tar (compressed or not) or a directory.
 *
 * <p>A tar is read once, from front to end: what looks like a blob goes into the store and is
 * verified on the way, small documents are kept, and at the end the documents say which blobs are
 * an image. Blobs that turn out to be nobody's are left to the collector.
 */
final class ArchiveReader {
  private static final int DOCUMENT_LIMIT = 4 << 20;

  /** Of all that is kept in memory until the archive is read: documents, and names of the rest. */
  private static final long KEPT_LIMIT = 32 << 20;

  /** About what a name takes besides its characters. */
  private static final int NAME_COST = 100;

  private final Store store;
  private final String what;
  private final Map<String, byte[]> documents = new TreeMap<>();
  private final Map<String, Digest> files = new HashMap<>();
  private final Map<String, String> links = new HashMap<>();
  private long kept;

  private ArchiveReader(Store store, String what) {
    this.store = store;
    this.what = what;
  }

  /**
   * Reads an archive from a stream, which is read to its end and left open.
   *
   * @param what names the archive in messages
   * @return the loaded images by the names that the archive gives them; an image without a name has
   *     an empty one. Nothing is tagged yet.
   */
  static List<Map.Entry<String, Descriptor>> read(Store store, InputStream in, String what) {
    ArchiveReader reader = new ArchiveReader(store, what);
    try {
      reader.readTar(Decompression.detect(in));
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT, what + " is no readable archive: " + e.getMessage(), e);
    }
    return reader.images();
  }

  /** As above, of an OCI layout or an unpacked Docker archive in a directory. */
  static List<Map.Entry<String, Descriptor>> readDirectory(Store store, Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new BuildFailure(
          BuildFailure.Kind.NOT_FOUND, "there is no directory \"" + directory + "\"");
    }
    ArchiveReader reader = new ArchiveReader(store, directory.toString());
    try (var files = Files.walk(directory).filter(file -> isOwn(directory, file))) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (Files.isRegularFile(file)) {
          try (InputStream in = Files.newInputStream(file)) {
            reader.readFile(directory.relativize(file).toString(), Files.size(file), in);
          }
        }
      }
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, directory + " is not readable: " + e.getMessage(), e);
    }
    return reader.images();
  }

  /** Of a layout its blobs and its index: beside them may be anything, as in a store's root. */
  private static boolean isOwn(Path directory, Path file) {
    return !Files.exists(directory.resolve("oci-layout"))
        || file.startsWith(directory.resolve("blobs"))
        || file.equals(directory.resolve("index.json"));
  }

  private void keep(long bytes) {
    kept += NAME_COST + bytes;
    if (kept > KEPT_LIMIT) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          what
              + " has more than "
              + (KEPT_LIMIT >> 20)
              + " MiB of names and documents, more than an image has");
    }
  }

  private void readTar(InputStream in) throws IOException {
    TarArchiveInputStream tar = new TarArchiveInputStream(in, "UTF-8");
    for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
      String name = normal(entry.getName());
      if (entry.isSymbolicLink() || entry.isLink()) {
        keep((long) name.length() + entry.getLinkName().length());
      }
      if (entry.isSymbolicLink()) {
        links.put(name, normal(parent(name) + "/" + entry.getLinkName()));
      } else if (entry.isLink()) {
        links.put(name, normal(entry.getLinkName()));
      } else if (entry.isFile()) {
        readFile(name, entry.getSize(), tar);
      }
    }
    // The rest of the stream: so that a pipe's writer is not cut off.
    in.transferTo(java.io.OutputStream.nullOutputStream());
  }

  private void readFile(String name, long size, InputStream in) throws IOException {
    keep(name.length());
    if (name.startsWith("blobs/")) {
      String[] parts = name.split("/", -1);
      Optional<Digest> digest =
          parts.length == 3 ? Digest.tryParse(parts[1] + ":" + parts[2]) : Optional.empty();
      if (digest.isEmpty()) {
        throw new BuildFailure(
            BuildFailure.Kind.CORRUPT, what + " has a blob \"" + name + "\", which is no digest");
      }
      files.put(name, ingest(digest.get(), size, in));
    } else if (size <= DOCUMENT_LIMIT && !name.endsWith(".tar")) {
      keep(size);
      byte[] bytes = in.readNBytes(Math.toIntExact(size));
      documents.put(name, bytes);
    } else {
      files.put(name, ingest(null, size, in));
    }
  }

  private Digest ingest(
      @org.jspecify.annotations.Nullable Digest expected, long size, InputStream in)
      throws IOException {
    if (expected != null && store.blobs().size(expected).orElse(-1) == size) {
      return expected;
    }
    try (Ingest ingest = store.blobs().begin()) {
      in.transferTo(ingest.output());
      if (expected == null) {
        return ingest.commit();
      }
      ingest.commit(expected, size);
      return expected;
    }
  }

  private List<Map.Entry<String, Descriptor>> images() {
    byte[] index = documents.get("index.json");
    byte[] manifest = documents.get("manifest.json");
    if (index != null) {
      return layoutImages(ImageIndex.parse(index));
    }
    if (manifest != null) {
      return dockerImages(manifest);
    }
    throw new BuildFailure(
        BuildFailure.Kind.USER,
        what + " is no image archive: it has neither index.json nor manifest.json",
        "a root file system is brought in with \"jbuild import\"",
        null);
  }

  private List<Map.Entry<String, Descriptor>> layoutImages(ImageIndex index) {
    List<Map.Entry<String, Descriptor>> images = new ArrayList<>();
    for (Descriptor entry : index.manifests()) {
      if (!store.blobs().contains(entry.digest())) {
        throw new BuildFailure(
            BuildFailure.Kind.CORRUPT,
            what + " names " + entry.digest() + " in its index, but does not have it");
      }
      requireComplete(entry, 0);
      String name =
          entry
              .annotation(Descriptor.CONTAINERD_NAME)
              .map(ImageNames::familiar)
              .or(() -> entry.annotation(Descriptor.REF_NAME))
              .orElse("");
      images.add(Map.entry(name, entry.withAnnotations(Map.of())));
    }
    return images;
  }

  /** Registers the layers of every image below {@code here}, and misses none of its blobs. */
  private void requireComplete(Descriptor here, int depth) {
    if (here.mediaType().isIndex() && depth < 5) {
      for (Descriptor each : ImageIndex.parse(store.blobs().read(here.digest())).manifests()) {
        // An index may name platforms that were left out of the archive.
        if (store.blobs().contains(each.digest())) {
          requireComplete(each, depth + 1);
        }
      }
    } else if (here.mediaType().isManifest()) {
      Manifest manifest = Manifest.parse(store.blobs().read(here.digest()));
      List<Descriptor> parts = new ArrayList<>(manifest.layers());
      parts.add(manifest.config());
      for (Descriptor part : parts) {
        long size = store.blobs().size(part.digest()).orElse(-1);
        if (size != part.size() && !part.mediaType().isForeign()) {
          throw new BuildFailure(
              BuildFailure.Kind.CORRUPT,
              what
                  + ": blob "
                  + part.digest()
                  + " of "
                  + manifest
                  + (size < 0 ? " is missing" : " has " + size + " bytes, not " + part.size()));
        }
      }
      if (manifest.config().mediaType().isConfig()) {
        register(
            ImageConfig.parse(store.blobs().read(manifest.config().digest())).diffIds(),
            manifest.layers());
      }
    }
  }

  private List<Map.Entry<String, Descriptor>> dockerImages(byte[] manifestJson) {
    List<Map.Entry<String, Descriptor>> images = new ArrayList<>();
    JsonNode list;
    try {
      list = Json.mapper().readTree(manifestJson);
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT, "manifest.json of " + what + " is not valid JSON", e);
    }
    for (JsonNode each : list) {
      byte[] configBytes = document(each.path("Config").asText());
      ImageConfig config = ImageConfig.parse(configBytes);
      List<Descriptor> layers = new ArrayList<>();
      for (JsonNode layer : each.path("Layers")) {
        layers.add(layer(layer.asText()));
      }
      if (layers.size() != config.diffIds().size()) {
        throw new BuildFailure(
            BuildFailure.Kind.CORRUPT,
            what
                + " lists "
                + layers.size()
                + " layers for an image whose config has "
                + config.diffIds().size());
      }
      register(config.diffIds(), layers);
      Descriptor configBlob = store.blobs().put(MediaType.OCI_CONFIG, configBytes);
      Manifest manifest = Manifest.of(configBlob, layers);
      Descriptor target =
          store.blobs().put(manifest.mediaType(), manifest.bytes()).withPlatform(config.platform());
      List<String> names = new ArrayList<>();
      each.path("RepoTags").forEach(tag -> names.add(ImageNames.familiar(tag.asText())));
      if (names.isEmpty()) {
        names.add("");
      }
      names.forEach(name -> images.add(Map.entry(name, target)));
    }
    return images;
  }

  private byte[] document(String name) {
    byte[] document = documents.get(normal(name));
    if (document != null) {
      return document;
    }
    Digest file = files.get(normal(name));
    if (file == null) {
      throw missing(name);
    }
    return store.blobs().read(file);
  }

  private Descriptor layer(String listed) {
    String name = normal(listed);
    // Old docker versions write a layer that two images share once, and a link for the second.
    for (int hops = 0; links.containsKey(name) && hops < 8; hops++) {
      name = links.getOrDefault(name, name);
    }
    Digest digest = files.get(name);
    if (digest == null) {
      byte[] document = documents.get(name);
      if (document == null) {
        throw missing(listed);
      }
      digest = store.blobs().put(MediaType.OCI_LAYER, document).digest();
    }
    try (InputStream in = store.blobs().open(digest)) {
      Decompression kind = Decompression.of(in.readNBytes(Decompression.PREFIX));
      return Descriptor.of(
          layerType(kind, listed), digest, store.blobs().size(digest).orElseThrow());
    } catch (IOException e) {
      throw new BuildFailure(BuildFailure.Kind.UNAVAILABLE, "read " + listed + " of " + what, e);
    }
  }

  private MediaType layerType(Decompression kind, String listed) {
    return switch (kind) {
      case NONE -> MediaType.OCI_LAYER;
      case GZIP -> MediaType.OCI_LAYER_GZIP;
      case ZSTD -> MediaType.OCI_LAYER_ZSTD;
      case BZIP2, XZ ->
          throw new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED,
              what
                  + ": layer \""
                  + listed
                  + "\" is compressed with "
                  + kind.name().toLowerCase(Locale.ROOT)
                  + ", which no image may be");
    };
  }

  private void register(List<DiffId> diffIds, List<Descriptor> layers) {
    if (diffIds.size() != layers.size()) {
      throw new BuildFailure(
          BuildFailure.Kind.CORRUPT,
          what + " has " + layers.size() + " layers for " + diffIds.size() + " diffIDs");
    }
    for (int i = 0; i < layers.size(); i++) {
      Descriptor layer = layers.get(i);
      DiffId diffId = diffIds.get(i);
      boolean plain =
          layer.mediaType().isLayer() && !layer.mediaType().isGzip() && !layer.mediaType().isZstd();
      if (plain && !layer.digest().equals(diffId.digest())) {
        throw new BuildFailure(
            BuildFailure.Kind.CORRUPT,
            what + ": layer " + i + " hashes to " + layer.digest() + ", its config says " + diffId);
      }
      if (store.blobs().contains(layer.digest())) {
        store.layers().addBlob(diffId, layer);
      }
    }
  }

  private BuildFailure missing(String name) {
    return new BuildFailure(
        BuildFailure.Kind.CORRUPT, what + " names \"" + name + "\", but does not have it");
  }

  private static String parent(String name) {
    int slash = name.lastIndexOf('/');
    return slash < 0 ? "" : name.substring(0, slash);
  }

  /** Without "./", with ".." taken away; the names only address entries of this archive. */
  private static String normal(String name) {
    List<String> parts = new ArrayList<>();
    for (String part : name.split("/", -1)) {
      if (part.equals("..")) {
        if (!parts.isEmpty()) {
          parts.removeLast();
        }
      } else if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return String.join("/", parts);
  }
}
