package dev.jbuild.engine.cache;

import dev.jbuild.oci.Digest;
import dev.jbuild.store.DiskFailures;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The lists of files that COPY steps took, each kept under its own digest, so that two can be
 * compared by name when only their digests differ.
 *
 * <p>A manifest is text, one line an entry: what the entry is and holds, a tab, its escaped path.
 * The digest over these bytes is the content digest in the step's cache key.
 */
public final class FileManifests {
  /** The label of the key field whose value is a manifest's digest. */
  public static final String FIELD = "files";

  private static final int NAMED = 3;

  /** What a list of an imported cache may unpack to. */
  private static final int MOST_BYTES = 128 << 20;

  private final Path directory;
  private final Remote remote;

  /** Has lists that are not kept here. */
  @FunctionalInterface
  public interface Remote {
    /** The list of that digest, compressed with gzip. */
    Optional<byte[]> find(Digest list);
  }

  public FileManifests(Path directory) {
    this(directory, _ -> Optional.empty());
  }

  /**
   * @param remote asked for a list that is missing here
   */
  public FileManifests(Path directory, Remote remote) {
    this.directory = directory;
    this.remote = remote;
  }

  /**
   * Keeps a manifest.
   *
   * @return its digest
   */
  public Digest put(byte[] manifest) {
    Digest digest = Digest.of(manifest);
    Path file = file(digest.hex());
    if (Files.exists(file)) {
      return digest;
    }
    try {
      ByteArrayOutputStream packed = new ByteArrayOutputStream();
      try (OutputStream out = new GZIPOutputStream(packed, 1 << 16)) {
        out.write(manifest);
      }
      WholeFile.replace(file, packed.toByteArray());
    } catch (IOException e) {
      throw DiskFailures.of("keep the list of files " + digest, e);
    }
    return digest;
  }

  /** One line that says which files differ between two manifests, by their digests. */
  public String compare(String before, String now) {
    Map<String, String> old;
    Map<String, String> current;
    try {
      old = read(before);
      current = read(now);
    } catch (IOException | IllegalArgumentException e) {
      return "files changed";
    }
    List<String> changes = new ArrayList<>();
    for (Map.Entry<String, String> entry : current.entrySet()) {
      String was = old.remove(entry.getKey());
      if (was == null) {
        changes.add(entry.getKey() + " (new)");
      } else if (!was.equals(entry.getValue())) {
        changes.add(entry.getKey() + " (" + aspect(was, entry.getValue()) + ")");
      }
    }
    old.keySet().forEach(path -> changes.add(path + " (removed)"));
    String count = changes.size() == 1 ? "1 file changed" : changes.size() + " files changed";
    if (changes.isEmpty()) {
      return "the order of files changed";
    }
    String named = String.join(", ", changes.subList(0, Math.min(NAMED, changes.size())));
    return count + ": " + named + (changes.size() > NAMED ? ", …" : "");
  }

  /** An entry's first half is {@code type mode owner content}. */
  private static String aspect(String was, String is) {
    List<String> before = List.of(was.split(" ", -1));
    List<String> now = List.of(is.split(" ", -1));
    if (before.size() != now.size() || !before.getFirst().equals(now.getFirst())) {
      return "type";
    }
    if (!before.getLast().equals(now.getLast())) {
      return "content";
    }
    return before.get(1).equals(now.get(1)) ? "owner" : "mode";
  }

  private Map<String, String> read(String digest) throws IOException {
    Map<String, String> entries = new LinkedHashMap<>();
    for (String line : new String(list(digest), StandardCharsets.UTF_8).split("\n")) {
      int path = line.indexOf('\t');
      if (path > 0) {
        entries.put(line.substring(path + 1), line.substring(0, path));
      }
    }
    return entries;
  }

  private byte[] list(String digest) throws IOException {
    Digest wanted = Digest.parse(digest);
    Path file = file(wanted.hex());
    if (!Files.exists(file)) {
      Optional<byte[]> packed = remote.find(wanted);
      if (packed.isPresent()) {
        try (InputStream in =
            new GZIPInputStream(new ByteArrayInputStream(packed.get()), 1 << 16)) {
          byte[] list = in.readNBytes(MOST_BYTES);
          if (!Digest.of(list).equals(wanted)) {
            throw new IOException("not the list " + wanted);
          }
          put(list);
          return list;
        }
      }
    }
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file), 1 << 16)) {
      return in.readAllBytes();
    }
  }

  /** A list as it is kept, compressed with gzip; empty if it is not here. */
  public Optional<byte[]> packed(Digest list) throws IOException {
    try {
      return Optional.of(Files.readAllBytes(file(list.hex())));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  private Path file(String hex) {
    return directory.resolve(hex.substring(0, 2)).resolve(hex);
  }
}
