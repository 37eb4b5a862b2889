package dev.jbuild.store;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.OptionalLong;

/** Blobs as the files {@code blobs/ALGORITHM/HEX} of an OCI image layout. */
final class DirectoryBlobStore implements BlobStore {
  private static final int READ_LIMIT = 32 << 20;

  private final StoreLayout layout;
  private final LeaseFile lease;
  private final StorageCap cap;

  DirectoryBlobStore(StoreLayout layout, LeaseFile lease, StorageCap cap) {
    this.layout = layout;
    this.lease = lease;
    this.cap = cap;
  }

  @Override
  public boolean contains(Digest digest) {
    return size(digest).isPresent();
  }

  @Override
  public OptionalLong size(Digest digest) {
    lease.hold(digest);
    Path file = layout.blob(digest);
    try {
      long size = Files.size(file);
      // The collector evicts by the time of last use, which is the file's mtime: nothing else ever
      // changes a blob, and access times are off or lazy on most file systems.
      Files.setLastModifiedTime(file, FileTime.from(java.time.Instant.now()));
      return OptionalLong.of(size);
    } catch (NoSuchFileException e) {
      return OptionalLong.empty();
    } catch (IOException e) {
      throw DiskFailures.of("look up blob " + digest, e);
    }
  }

  @Override
  public InputStream open(Digest digest) {
    Path file = path(digest);
    try {
      return new VerifiedInputStream(Files.newInputStream(file), digest, Files.size(file));
    } catch (IOException e) {
      throw DiskFailures.of("open blob " + digest, e);
    }
  }

  @Override
  public byte[] read(Digest digest) {
    long size = size(digest).orElseThrow(() -> missing(digest));
    if (size > READ_LIMIT) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "blob "
              + digest
              + " has "
              + size
              + " bytes, more than the "
              + READ_LIMIT
              + " of a document");
    }
    try (InputStream in = open(digest)) {
      return in.readAllBytes();
    } catch (IOException e) {
      throw DiskFailures.of("read blob " + digest, e);
    }
  }

  @Override
  public Path path(Digest digest) {
    if (!contains(digest)) {
      throw missing(digest);
    }
    return layout.blob(digest);
  }

  @Override
  public Descriptor put(MediaType mediaType, byte[] bytes) {
    Descriptor descriptor = Descriptor.of(mediaType, bytes);
    OptionalLong size = size(descriptor.digest());
    if (size.isPresent() && size.getAsLong() == bytes.length) {
      return descriptor;
    }
    String what = "blob " + descriptor.digest();
    try (Ingest ingest = FileIngest.anonymous(layout, lease, cap, what);
        OutputStream out = ingest.output()) {
      out.write(bytes);
      ingest.commit(descriptor.digest(), bytes.length);
      return descriptor;
    } catch (IOException e) {
      throw DiskFailures.of("store " + what, e);
    }
  }

  @Override
  public Ingest begin() {
    return FileIngest.anonymous(layout, lease, cap, "a blob");
  }

  @Override
  public Ingest begin(String ref) {
    return FileIngest.named(layout, lease, cap, ref);
  }

  static BuildFailure missing(Digest digest) {
    return new BuildFailure(BuildFailure.Kind.NOT_FOUND, "blob " + digest + " is not in the store");
  }
}
