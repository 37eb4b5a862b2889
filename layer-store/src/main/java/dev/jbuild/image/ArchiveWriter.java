package dev.jbuild.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Json;
import dev.jbuild.store.LockFile;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Writes images as one tar or one directory that other tools read.
 *
 * <p>All kinds hold an OCI image layout. The Docker kind has {@code manifest.json} and {@code
 * repositories} besides, which {@code docker load} of every version reads, with paths into the
 * layout's blobs. Entries are sorted and dated 1970, so equal images give equal bytes.
 *
 * <p>All blobs of the images must be in the store; each is hashed as it is copied, and one that is
 * damaged there fails the work with {@code CORRUPT}. Thread-safe.
 */
public final class ArchiveWriter {

  /** The kinds of archive. */
  public enum Kind {
    /** An OCI image layout: {@code oci-archive:} for skopeo and podman. */
    OCI,
    /** The same, with what {@code docker load} needs; one platform an image. */
    DOCKER
  }

  private static final String LOCK = ".lock";

  private final Store store;

  public ArchiveWriter(Store store) {
    this.store = store;
  }

  /**
   * Writes a tar.
   *
   * @param images names, and what each stands for, in the order of the archive's index; {@code
   *     ":1"} for a tag without a name
   */
  public void writeTar(SequencedMap<String, Descriptor> images, Kind kind, OutputStream out)
      throws IOException {
    try (ArchiveSink sink = new ArchiveSink.Tar(out)) {
      write(images, kind, sink);
    }
  }

  /**
   * Writes or completes an OCI layout in a directory, which is made if missing. Images there of
   * other names stay; each file appears whole, the index last.
   */
  public void writeDirectory(SequencedMap<String, Descriptor> images, Path directory)
      throws IOException {
    try (ArchiveSink sink = new ArchiveSink.Directory(directory)) {
      write(images, Kind.OCI, sink);
    }
  }

  /**
   * The same for a layout that is written again and again: what nothing in it needs any more is
   * removed, and those who do so at once wait for each other.
   */
  public void writeAndShrink(SequencedMap<String, Descriptor> images, Path directory)
      throws IOException {
    Files.createDirectories(directory);
    try (LockFile _ = LockFile.exclusive(directory.resolve(LOCK))) {
      writeDirectory(images, directory);
      LayoutShrink.shrink(directory);
    }
  }

  private void write(SequencedMap<String, Descriptor> images, Kind kind, ArchiveSink sink)
      throws IOException {
    SortedSet<Digest> blobs = new TreeSet<>();
    List<Descriptor> entries = new ArrayList<>();
    for (Map.Entry<String, Descriptor> image : images.entrySet()) {
      blobs.addAll(Image.reachable(store.blobs(), image.getValue()));
      entries.add(entry(image.getKey(), image.getValue()));
    }
    TreeMap<String, byte[]> documents = new TreeMap<>();
    if (kind == Kind.DOCKER) {
      addDockerDocuments(images, documents);
    }
    for (Digest blob : blobs) {
      sink.blob(blob, size(blob), store.blobs());
    }
    documents.put("oci-layout", Json.compact(Json.object().put("imageLayoutVersion", "1.0.0")));
    for (Map.Entry<String, byte[]> document : documents.entrySet()) {
      sink.document(document.getKey(), document.getValue());
    }
    sink.index(entries);
  }

  private long size(Digest blob) {
    return store
        .blobs()
        .size(blob)
        .orElseThrow(() ->
            new BuildFailure(BuildFailure.Kind.NOT_FOUND, "blob " + blob + " is not in the store"));
  }

  /** As BuildKit names entries: the tag for OCI's readers, the full name for containerd's. */
  private static Descriptor entry(String name, Descriptor target) {
    Descriptor bare = target.withAnnotations(Map.of());
    if (name.isEmpty()) {
      return bare;
    }
    String tag = ImageNames.tag(name);
    if (ImageNames.repository(name).isEmpty()) {
      return bare.withAnnotation(Descriptor.REF_NAME, tag);
    }
    return bare.withAnnotation(Descriptor.CONTAINERD_NAME, ImageNames.full(name))
        .withAnnotation(Descriptor.REF_NAME, tag.isEmpty() ? "latest" : tag);
  }

  private void addDockerDocuments(
      SequencedMap<String, Descriptor> images, Map<String, byte[]> documents) {
    TreeMap<Digest, List<String>> namesOf = new TreeMap<>();
    List<Image> distinct = new ArrayList<>();
    TreeMap<String, TreeMap<String, String>> repositories = new TreeMap<>();
    for (Map.Entry<String, Descriptor> named : images.entrySet()) {
      Image image = onlyPlatform(named.getKey(), named.getValue());
      if (!namesOf.containsKey(image.manifest().digest())) {
        distinct.add(image);
      }
      List<String> names =
          namesOf.computeIfAbsent(image.manifest().digest(), _ -> new ArrayList<>());
      if (!named.getKey().isEmpty()) {
        names.add(named.getKey());
        repositories
            .computeIfAbsent(ImageNames.repository(named.getKey()), _ -> new TreeMap<>())
            .put(ImageNames.tag(named.getKey()), image.manifest().config().digest().hex());
      }
    }
    ArrayNode manifests = Json.array();
    for (Image image : distinct) {
      ObjectNode node = manifests.addObject();
      node.put("Config", path(image.manifest().config().digest()));
      node.set("RepoTags", Json.array(namesOf.getOrDefault(image.manifest().digest(), List.of())));
      node.set(
          "Layers",
          Json.array(image.manifest().layers().stream().map(l -> path(l.digest())).toList()));
    }
    documents.put("manifest.json", Json.compact(manifests));
    ObjectNode index = Json.object();
    repositories.forEach((repository, tags) -> index.set(repository, Json.object(tags)));
    if (!repositories.isEmpty()) {
      documents.put("repositories", Json.compact(index));
    }
  }

  private Image onlyPlatform(String name, Descriptor target) {
    List<Image> platforms = Image.all(store.blobs(), name, target);
    if (platforms.size() != 1) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "image \""
              + name
              + "\" has "
              + platforms.size()
              + " platforms; a docker archive holds one",
          "an OCI archive holds all; for one alone build with one --platform, or copy"
              + " docker://NAME@DIGEST",
          null);
    }
    return platforms.getFirst();
  }

  static String path(Digest digest) {
    return "blobs/" + digest.algorithm() + "/" + digest.hex();
  }

  /** An index of these entries, and of the entries of an older one that have other names. */
  static ImageIndex merge(List<Descriptor> entries, Collection<Descriptor> older) {
    List<Descriptor> all = new ArrayList<>();
    for (Descriptor old : older) {
      boolean replaced =
          entries.stream().anyMatch(entry -> names(entry).equals(names(old)))
              || entries.stream()
                  .anyMatch(entry -> names(old).isBlank() && entry.digest().equals(old.digest()));
      if (!replaced) {
        all.add(old);
      }
    }
    all.addAll(entries);
    return ImageIndex.of(all);
  }

  private static String names(Descriptor entry) {
    return entry.annotation(Descriptor.CONTAINERD_NAME).orElse("")
        + " "
        + entry.annotation(Descriptor.REF_NAME).orElse("");
  }
}
