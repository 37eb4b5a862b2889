package dev.jbuild.store;

import dev.jbuild.oci.Digest;
import java.io.OutputStream;

/**
 * A blob in the making. Nothing of it is visible before {@link #commit}. Used by one thread at a
 * time.
 */
public interface Ingest extends AutoCloseable {

  /** How many bytes are there: where to go on after a resume. */
  long offset();

  /**
   * Appends. Closing the stream is allowed and does nothing. A write that the store's disk refuses
   * is a {@link dev.jbuild.failure.BuildFailure}, so that who copies into it does not take it for a
   * failure of what is copied.
   */
  OutputStream output();

  /** Drops what is there, to begin again at offset zero. */
  void restart();

  /**
   * Makes the blob visible and durable: checked, synced, renamed, the directory synced. If the blob
   * is there already this one is dropped. The ingest is over in any case; on a mismatch its bytes
   * are dropped.
   *
   * @param expected what the bytes must hash to
   * @param size how many there must be; -1 if not known
   * @throws dev.jbuild.failure.BuildFailure {@code CORRUPT}, naming expected and actual
   */
  void commit(Digest expected, long size);

  /** As above, under whatever SHA-256 the bytes have. */
  Digest commit();

  /** Drops the bytes, also of an ingest that has a name. */
  void abort();

  /** Lets go: an ingest with a name keeps its bytes to be resumed, any other is dropped. */
  @Override
  void close();
}
