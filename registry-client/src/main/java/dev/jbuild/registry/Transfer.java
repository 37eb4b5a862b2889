package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.store.BlobStore;
import dev.jbuild.store.Ingest;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;

/** Moves single blobs between registries and a store, a bounded number at a time. Thread-safe. */
final class Transfer {
  private static final long EVENT_NANOS = 200_000_000;

  /** A blob that arrived broken is fetched once more; twice broken is not the line's fault. */
  private static final int TRIES = 2;

  private final Registry registry;
  private final RegistryOptions options;
  private final Semaphore room;

  Transfer(Registry registry, RegistryOptions options) {
    this.registry = registry;
    this.options = options;
    room = new Semaphore(options.parallelTransfers(), true);
  }

  /**
   * Brings the blob into the store, from the first source that has it, verified. A blob that is
   * there, or embedded in its descriptor, is not fetched.
   */
  void fetch(Descriptor blob, List<RepositoryName> sources, BlobStore into) {
    RepositoryName first = sources.getFirst();
    if (into.contains(blob.digest())) {
      tell(
          new TransferEvent.Skipped(
              TransferEvent.Direction.PULL, first, blob, TransferEvent.Skipped.Reason.PRESENT));
      return;
    }
    Optional<byte[]> embedded = embedded(blob);
    if (embedded.isPresent()) {
      into.put(blob.mediaType(), embedded.get());
      return;
    }
    acquire();
    try {
      for (int attempt = 1; ; attempt++) {
        try (Ingest ingest = into.begin(blob.digest().toString())) {
          if (into.contains(blob.digest())) {
            // Another build, or another process, brought it while we waited for our turn.
            ingest.abort();
            return;
          }
          tell(new TransferEvent.Started(TransferEvent.Direction.PULL, first, blob));
          if (ingest.offset() > blob.size()) {
            ingest.restart();
          }
          RepositoryName from = fill(blob, sources, ingest);
          ingest.commit(blob.digest(), blob.size());
          tell(new TransferEvent.Finished(TransferEvent.Direction.PULL, from, blob));
          return;
        } catch (BuildFailure e) {
          if (e.kind() != BuildFailure.Kind.CORRUPT || e instanceof RegistryFailure) {
            throw e;
          }
          if (attempt == TRIES) {
            throw new RegistryFailure(
                BuildFailure.Kind.CORRUPT,
                "GET",
                first.host(),
                200,
                null,
                "pull blob " + blob.digest() + " of " + first + ": " + e.text(),
                null,
                e);
          }
        }
      }
    } catch (BuildFailure e) {
      tell(new TransferEvent.Failed(TransferEvent.Direction.PULL, first, blob, e));
      throw e;
    } finally {
      room.release();
    }
  }

  /** A small blob in memory, verified. */
  byte[] fetchBytes(Descriptor blob, List<RepositoryName> sources, int limit) {
    if (blob.size() > limit) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "blob " + blob.digest() + " is " + blob.size() + " bytes, more than " + limit);
    }
    Optional<byte[]> embedded = embedded(blob);
    if (embedded.isPresent()) {
      return embedded.get();
    }
    byte[] bytes = new byte[(int) blob.size()];
    firstOf(
        sources,
        source ->
            registry.fetchBlob(
                source,
                blob,
                new BlobSink() {
                  private int position;

                  @Override
                  public long position() {
                    return position;
                  }

                  @Override
                  public void write(byte[] more, int offset, int length) {
                    System.arraycopy(more, offset, bytes, position, length);
                    position += length;
                  }
                }));
    Digest actual = blob.digest().verifier().update(bytes, 0, bytes.length).digest();
    if (!actual.equals(blob.digest())) {
      throw new RegistryFailure(
          BuildFailure.Kind.CORRUPT,
          "GET",
          sources.getFirst().host(),
          200,
          null,
          "pull blob of " + sources.getFirst() + ": expected " + blob.digest() + ", got " + actual,
          null,
          null);
    }
    return bytes;
  }

  private static Optional<byte[]> embedded(Descriptor blob) {
    String data = blob.data();
    if (data == null) {
      return Optional.empty();
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(data);
      boolean right =
          bytes.length == blob.size()
              && blob.digest()
                  .verifier()
                  .update(bytes, 0, bytes.length)
                  .digest()
                  .equals(blob.digest());
      return right ? Optional.of(bytes) : Optional.empty();
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private RepositoryName fill(Descriptor blob, List<RepositoryName> sources, Ingest ingest) {
    OutputStream out = ingest.output();
    return firstOf(
        sources,
        source ->
            registry.fetchBlob(
                source,
                blob,
                new BlobSink() {
                  private final Teller teller =
                      new Teller(TransferEvent.Direction.PULL, source, blob);

                  @Override
                  public long position() {
                    return ingest.offset();
                  }

                  @Override
                  public void write(byte[] bytes, int offset, int length) throws IOException {
                    teller.at(ingest.offset());
                    out.write(bytes, offset, length);
                  }
                }));
  }

  /** Something that is asked of one source. */
  interface Asking {
    void of(RepositoryName source);
  }

  /** Asks one source after the other until one delivers; the last one's failure is the failure. */
  RepositoryName firstOf(List<RepositoryName> sources, Asking asking) {
    for (int i = 0; ; i++) {
      RepositoryName source = sources.get(i);
      try {
        asking.of(source);
        return source;
      } catch (RegistryFailure e) {
        if (i == sources.size() - 1) {
          throw e;
        }
        tell(new TransferEvent.MirrorFailed(source, e.text()));
      }
    }
  }

  /** Makes the repository hold the blob of the store. */
  Registry.Push push(
      Descriptor blob, RepositoryName target, BlobStore from, Optional<RepositoryName> mountFrom) {
    acquire();
    try {
      tell(new TransferEvent.Started(TransferEvent.Direction.PUSH, target, blob));
      Registry.Push how =
          registry.pushBlob(target, blob, told(content(from, blob), target, blob), mountFrom);
      tellPushed(how, target, blob);
      return how;
    } catch (BuildFailure e) {
      tell(new TransferEvent.Failed(TransferEvent.Direction.PUSH, target, blob, e));
      throw e;
    } finally {
      room.release();
    }
  }

  void tellPushed(Registry.Push how, RepositoryName target, Descriptor blob) {
    tell(
        switch (how) {
          case UPLOADED -> new TransferEvent.Finished(TransferEvent.Direction.PUSH, target, blob);
          case EXISTED ->
              new TransferEvent.Skipped(
                  TransferEvent.Direction.PUSH, target, blob, TransferEvent.Skipped.Reason.PRESENT);
          case MOUNTED ->
              new TransferEvent.Skipped(
                  TransferEvent.Direction.PUSH, target, blob, TransferEvent.Skipped.Reason.MOUNTED);
        });
  }

  /** The blob's file from any offset; the registry verifies what it gets. */
  static BlobContent content(BlobStore store, Descriptor blob) {
    return offset -> {
      FileChannel file = FileChannel.open(store.path(blob.digest()), StandardOpenOption.READ);
      return Channels.newInputStream(file.position(offset));
    };
  }

  private BlobContent told(BlobContent content, RepositoryName target, Descriptor blob) {
    return offset ->
        new FilterInputStream(content.open(offset)) {
          private final Teller teller = new Teller(TransferEvent.Direction.PUSH, target, blob);
          private long at = offset;

          @Override
          public int read(byte[] bytes, int start, int length) throws IOException {
            teller.at(at);
            int got = in.read(bytes, start, length);
            at += Math.max(0, got);
            return got;
          }
        };
  }

  /** Tells how far one blob is, not too often. Used by one thread at a time. */
  private final class Teller {
    private final TransferEvent.Direction direction;
    private final RepositoryName repository;
    private final Descriptor blob;
    private long told = System.nanoTime() - EVENT_NANOS;

    Teller(TransferEvent.Direction direction, RepositoryName repository, Descriptor blob) {
      this.direction = direction;
      this.repository = repository;
      this.blob = blob;
    }

    void at(long done) {
      long now = System.nanoTime();
      if (now - told >= EVENT_NANOS) {
        told = now;
        tell(new TransferEvent.Progressed(direction, repository, blob, done));
      }
    }
  }

  void tell(TransferEvent event) {
    options.listener().on(event);
  }

  private void acquire() {
    try {
      room.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildFailure(BuildFailure.Kind.CANCELLED, "cancelled", e);
    }
  }
}
