package dev.jbuild.engine.cache;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A small file that is seen whole or not at all, whoever else writes it: written beside its place,
 * then moved there. Not synced: after a loss of power it may be there and be torn.
 *
 * <p>A step writes three of them, which is why this is no {@code createTempFile}: that draws from a
 * generator fit for keys.
 */
public final class WholeFile {
  private static final FileAttribute<?> PRIVATE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private WholeFile() {}

  /** Puts the bytes in place of what the file held. Its directory is made if it is missing. */
  public static void replace(Path file, byte[] bytes) throws IOException {
    Path scratch = write(file, bytes);
    try {
      Files.move(scratch, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      Files.deleteIfExists(scratch);
      throw e;
    }
  }

  private static Path write(Path file, byte[] bytes) throws IOException {
    while (true) {
      Path scratch =
          file.resolveSibling(".new-" + Long.toHexString(ThreadLocalRandom.current().nextLong()));
      try (SeekableByteChannel out =
          Files.newByteChannel(
              scratch, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE)) {
        ByteBuffer rest = ByteBuffer.wrap(bytes);
        while (rest.hasRemaining()) {
          out.write(rest);
        }
        return scratch;
      } catch (FileAlreadyExistsException e) {
        // Another's: the next name.
      } catch (NoSuchFileException e) {
        Files.createDirectories(Objects.requireNonNull(file.getParent()));
      } catch (IOException e) {
        Files.deleteIfExists(scratch);
        throw e;
      }
    }
  }
}
