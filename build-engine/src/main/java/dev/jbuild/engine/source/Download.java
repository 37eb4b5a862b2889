package dev.jbuild.engine.source;

import dev.jbuild.oci.Digest;
import java.nio.file.Path;
import java.time.Instant;

/**
 * A file that was fetched.
 *
 * @param file where its bytes are; nobody changes them
 * @param modified what the server says, the epoch if it says nothing
 */
public record Download(Path file, Digest digest, long size, Instant modified) {}
