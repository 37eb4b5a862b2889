package dev.jbuild.registry;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;

/** The bytes of a blob to send. May be opened several times, by several threads. */
@FunctionalInterface
public interface BlobContent {

  /** A stream from {@code offset} to the end; the caller closes it. */
  InputStream open(long offset) throws IOException;

  static BlobContent of(byte[] bytes) {
    return offset ->
        new ByteArrayInputStream(
            bytes, Math.toIntExact(offset), bytes.length - Math.toIntExact(offset));
  }
}
