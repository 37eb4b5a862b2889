package dev.jbuild.engine.remote;

import dev.jbuild.engine.CacheSource;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.store.BlobStore;
import dev.jbuild.store.Ingest;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A cache in an OCI image layout. Only regular files below the layout's {@code blobs} are read, and
 * only by the name of a digest.
 */
final class LayoutContent implements CacheContent {
  private static final int INDEX_LIMIT = 4 << 20;

  private final Path directory;
  private final Descriptor root;

  private LayoutContent(Path directory, Descriptor root) {
    this.directory = directory;
    this.root = root;
  }

  /**
   * @throws BuildFailure of kind {@code NOT_FOUND} if the directory has no such entry
   */
  static LayoutContent open(CacheSource.Local source) {
    Path directory = source.directory();
    ImageIndex index;
    try {
      index = ImageIndex.parse(read(directory.resolve("index.json"), INDEX_LIMIT));
    } catch (NoSuchFileException e) {
      throw new BuildFailure(Kind.NOT_FOUND, "there is no OCI layout in \"" + directory + "\"", e);
    } catch (IOException e) {
      throw unreadable("index.json of \"" + directory + "\"", e);
    }
    for (Descriptor entry : index.manifests()) {
      boolean meant =
          source
              .digest()
              .map(entry.digest()::equals)
              .orElse(entry.annotation(Descriptor.REF_NAME).orElse("").equals(source.tag()));
      if (meant) {
        return new LayoutContent(directory, entry);
      }
    }
    String wanted = source.digest().map(Digest::toString).orElse(source.tag());
    throw new BuildFailure(
        Kind.NOT_FOUND, "the OCI layout in \"" + directory + "\" has no \"" + wanted + "\"");
  }

  @Override
  public Descriptor root() {
    return root;
  }

  @Override
  public byte[] manifest(Digest digest) {
    return bytes(digest, INDEX_LIMIT);
  }

  @Override
  public byte[] bytes(Descriptor blob, int limit) {
    return bytes(blob.digest(), limit);
  }

  private byte[] bytes(Digest digest, int limit) {
    byte[] bytes;
    try {
      bytes = read(path(digest), limit);
    } catch (NoSuchFileException e) {
      throw missing(digest);
    } catch (IOException e) {
      throw unreadable("blob " + digest, e);
    }
    Digest actual = digest.verifier().update(bytes, 0, bytes.length).digest();
    if (!actual.equals(digest)) {
      throw new BuildFailure(
          Kind.CORRUPT, "blob in \"" + directory + "\": expected " + digest + ", got " + actual);
    }
    return bytes;
  }

  @Override
  public boolean has(Descriptor blob) {
    Path file = path(blob.digest());
    try {
      return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
          && Files.size(file) == blob.size();
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void fetch(Descriptor blob, BlobStore into) {
    if (into.contains(blob.digest())) {
      return;
    }
    try (InputStream in = open(path(blob.digest()));
        Ingest ingest = into.begin()) {
      in.transferTo(ingest.output());
      ingest.commit(blob.digest(), blob.size());
    } catch (NoSuchFileException e) {
      throw missing(blob.digest());
    } catch (IOException e) {
      throw unreadable("blob " + blob.digest(), e);
    }
  }

  private Path path(Digest digest) {
    return directory.resolve("blobs").resolve(digest.algorithm()).resolve(digest.hex());
  }

  private static byte[] read(Path file, int limit) throws IOException {
    try (InputStream in = open(file)) {
      byte[] bytes = in.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new IOException("more than " + limit + " bytes");
      }
      return bytes;
    }
  }

  /** Not through a link, and never a pipe or device, on which an open could wait. */
  private static InputStream open(Path file) throws IOException {
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("not a regular file");
    }
    return Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS);
  }

  private BuildFailure missing(Digest digest) {
    return new BuildFailure(
        Kind.NOT_FOUND, "the OCI layout in \"" + directory + "\" has no blob " + digest);
  }

  private static BuildFailure unreadable(String what, IOException e) {
    return new BuildFailure(Kind.UNAVAILABLE, what + " cannot be read: " + e.getMessage(), e);
  }
}
