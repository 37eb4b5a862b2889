package dev.jbuild.engine.copy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.ArchiveTree;
import dev.jbuild.layer.Decompression;
import dev.jbuild.layer.ExtractLimits;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.store.Store;
import dev.jbuild.store.Workspace;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Opens archives among the files of one step: tars, plain or compressed, told by their content and
 * never by their name. What was opened stays open until {@link #close}. Used by one thread.
 */
public final class Archives implements AutoCloseable {
  private static final int BLOCK = 512;
  private static final int CHECKSUM = 148;
  private static final int CHECKSUM_LENGTH = 8;

  private final Store store;
  private final List<ArchiveTree> open = new ArrayList<>();
  private @Nullable Workspace workspace;

  /**
   * @param store on whose file system archives are decompressed
   */
  public Archives(Store store) {
    this.store = store;
  }

  /** The file as a tree; empty if it is no archive. */
  Optional<ArchiveTree> open(TreeEntry entry) throws IOException {
    if (!(entry instanceof TreeEntry.RegularFile file)) {
      return Optional.empty();
    }
    try (InputStream raw = file.content().open()) {
      return open(raw);
    }
  }

  /**
   * The bytes as a tree; empty if they are no archive.
   *
   * @param raw read to its end if they are; not closed
   */
  public Optional<ArchiveTree> open(InputStream raw) throws IOException {
    byte[] header = new byte[BLOCK];
    InputStream tar;
    int read;
    try {
      tar = Decompression.detect(raw);
      read = tar.readNBytes(header, 0, BLOCK);
    } catch (BuildFailure damaged) {
      // It only begins like a compressed file: then it is a file like any other.
      return Optional.empty();
    }
    if (read < BLOCK || !isHeader(header)) {
      return Optional.empty();
    }
    Path spool = scratch().resolve(open.size() + ".tar");
    try (OutputStream out = Files.newOutputStream(spool)) {
      out.write(header);
      tar.transferTo(out);
    }
    ArchiveTree tree = ArchiveTree.open(spool, ExtractLimits.DEFAULT);
    open.add(tree);
    return Optional.of(tree);
  }

  /** Whether a block is a tar header, by its checksum (POSIX pax, "ustar Interchange Format"). */
  static boolean isHeader(byte[] block) {
    int sum = 0;
    for (int i = 0; i < BLOCK; i++) {
      boolean checksum = i >= CHECKSUM && i < CHECKSUM + CHECKSUM_LENGTH;
      sum += checksum ? ' ' : block[i] & 0xff;
    }
    byte[] field = Arrays.copyOfRange(block, CHECKSUM, CHECKSUM + CHECKSUM_LENGTH);
    String text = new String(field, StandardCharsets.ISO_8859_1).replace('\0', ' ').strip();
    return text.matches("[0-7]{1,7}") && Integer.parseInt(text, 8) == sum && block[0] != 0;
  }

  private Path scratch() {
    Workspace known = workspace;
    if (known == null) {
      known = store.workspace();
      workspace = known;
    }
    return known.path();
  }

  @Override
  public void close() throws IOException {
    try {
      for (ArchiveTree tree : open) {
        tree.close();
      }
    } finally {
      if (workspace != null) {
        workspace.close();
      }
    }
  }
}
