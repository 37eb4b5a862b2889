package dev.jbuild.store;

import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Immutable bytes by digest.
 *
 * <p>A blob is there whole or not at all, for every process and after any crash. Asking for a blob
 * ({@link #contains}, {@link #size} and everything that reads) makes the handle's lease hold it, so
 * that an answer of "yes" stays true. Thread-safe.
 */
public interface BlobStore {

  /** Whether the blob is there; from then on it stays until the handle is closed. */
  boolean contains(Digest digest);

  /** The blob's size in bytes; empty if it is not there. */
  OptionalLong size(Digest digest);

  /**
   * The blob's bytes. The stream checks them: the read of the last ones fails if the digest is
   * another, so whoever has all of them has read the blob. Closing early is allowed and checks
   * nothing.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND}; from the stream, {@code CORRUPT}
   */
  InputStream open(Digest digest);

  /**
   * A small blob whole and verified: a manifest, an index, a config.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND}, {@code CORRUPT}, or {@code
   *     UNSUPPORTED} if it is larger than 32 MiB
   */
  byte[] read(Digest digest);

  /**
   * The blob's file, to hand its bytes on without reading them (sendfile, a Range request). Nobody
   * writes to it; its content is not verified.
   *
   * @throws dev.jbuild.failure.BuildFailure {@code NOT_FOUND}
   */
  Path path(Digest digest);

  /**
   * Stores small bytes durably. Idempotent; success means the blob is there, not that it is new.
   */
  Descriptor put(MediaType mediaType, byte[] bytes);

  /** Begins a blob that nobody else knows of; what is not committed is dropped on close. */
  Ingest begin();

  /**
   * Begins or resumes the ingest of that name: {@link Ingest#offset()} says how much is there
   * already. Waits while another thread or process has it open; the blob may be there when it is
   * let go, so check {@link #contains} again after the call.
   *
   * @param ref any text; by convention the digest of the blob to come
   */
  Ingest begin(String ref);
}
