package dev.jbuild.engine.remote;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.registry.RemoteContent;
import dev.jbuild.store.BlobStore;

/**
 * Where a cache lies: manifests and blobs by digest, verified when they are read. Safe for use by
 * many threads. All methods throw {@link dev.jbuild.failure.BuildFailure}.
 */
interface CacheContent {

  /** The manifest or index to begin with. */
  Descriptor root();

  byte[] manifest(Digest digest);

  /** A blob no larger than {@code limit}. */
  byte[] bytes(Descriptor blob, int limit);

  /** Whether a blob can be fetched. */
  boolean has(Descriptor blob);

  void fetch(Descriptor blob, BlobStore into);

  /** In a registry. */
  record InRegistry(RemoteContent content) implements CacheContent {
    @Override
    public Descriptor root() {
      return content.root();
    }

    @Override
    public byte[] manifest(Digest digest) {
      return content.manifest(digest);
    }

    @Override
    public byte[] bytes(Descriptor blob, int limit) {
      return content.bytes(blob, limit);
    }

    @Override
    public boolean has(Descriptor blob) {
      return content.has(blob);
    }

    @Override
    public void fetch(Descriptor blob, BlobStore into) {
      content.fetch(blob, into);
    }
  }
}
