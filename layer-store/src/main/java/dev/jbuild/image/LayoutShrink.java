package dev.jbuild.image;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.oci.Manifest;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * Removes from an OCI layout the blobs that nothing in its index leads to. For a layout that nobody
 * else writes to meanwhile.
 */
final class LayoutShrink {
  private static final int MAX_DEPTH = 8;
  private static final long MOST_BYTES = 64L << 20;

  private final Path root;
  private final Set<Digest> reached = new HashSet<>();

  private LayoutShrink(Path root) {
    this.root = root;
  }

  /**
   * Removes what is not needed, and what a writer that was killed left. Does nothing to a layout
   * whose index leads to something that cannot be read: nobody knows what that needs.
   */
  static void shrink(Path root) throws IOException {
    new LayoutShrink(root).shrink();
  }

  private void shrink() throws IOException {
    try {
      for (Descriptor entry :
          ImageIndex.parse(Files.readAllBytes(root.resolve("index.json"))).manifests()) {
        reach(entry, 0);
      }
    } catch (IOException | RuntimeException e) {
      return;
    }
    try (DirectoryStream<Path> algorithms = Files.newDirectoryStream(root.resolve("blobs"))) {
      for (Path algorithm : algorithms) {
        if (Files.isDirectory(algorithm, LinkOption.NOFOLLOW_LINKS)) {
          sweep(algorithm);
        }
      }
    }
  }

  private void reach(Descriptor here, int depth) throws IOException {
    if (depth > MAX_DEPTH || !reached.add(here.digest())) {
      return;
    }
    if (here.mediaType().isIndex()) {
      for (Descriptor each : ImageIndex.parse(read(here)).manifests()) {
        reach(each, depth + 1);
      }
    } else if (here.mediaType().isManifest()) {
      Manifest manifest = Manifest.parse(read(here));
      reach(manifest.config(), depth + 1);
      for (Descriptor layer : manifest.layers()) {
        reach(layer, depth + 1);
      }
      Optional<Descriptor> subject = manifest.subject();
      if (subject.isPresent()) {
        reach(subject.get(), depth + 1);
      }
    }
  }

  private byte[] read(Descriptor blob) throws IOException {
    Path file = root.resolve(ArchiveWriter.path(blob.digest()));
    if (Files.size(file) > MOST_BYTES) {
      throw new IOException("a manifest of " + Files.size(file) + " bytes");
    }
    return Files.readAllBytes(file);
  }

  private void sweep(Path algorithm) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(algorithm)) {
      for (Path file : files) {
        String name = String.valueOf(file.getFileName());
        Optional<Digest> digest = Digest.tryParse(algorithm.getFileName() + ":" + name);
        boolean ours = name.startsWith(".") || digest.isPresent();
        if (ours
            && !digest.map(reached::contains).orElse(false)
            && Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
          Files.deleteIfExists(file);
        }
      }
    }
  }
}
