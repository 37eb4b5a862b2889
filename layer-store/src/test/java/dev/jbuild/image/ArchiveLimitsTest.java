package dev.jbuild.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.ImageIndex;
import dev.jbuild.store.Store;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an archive may make its reader keep in memory. */
final class ArchiveLimitsTest {
  private static final int DOCUMENT = 4 << 20;

  @TempDir Path folder;

  private interface Filling {
    void of(TarArchiveOutputStream tar) throws IOException;
  }

  private void assertRefused(Filling filling) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      filling.of(tar);
    }
    try (Store store = Store.open(folder.resolve("store"), "test")) {
      assertThatThrownBy(() ->
              ArchiveReader.read(store, new ByteArrayInputStream(bytes.toByteArray()), "a.tar"))
          .isInstanceOf(BuildFailure.class)
          .hasMessage("a.tar has more than 32 MiB of names and documents, more than an image has");
    }
  }

  @Test
  void documentsThatFillTheMemoryAreRefused() throws IOException {
    assertRefused(tar -> {
      for (int i = 0; i < 9; i++) {
        TarArchiveEntry entry = new TarArchiveEntry("document-" + i);
        entry.setSize(DOCUMENT);
        tar.putArchiveEntry(entry);
        tar.write(new byte[DOCUMENT]);
        tar.closeArchiveEntry();
      }
    });
  }

  @Test
  void linksThatFillTheMemoryAreRefused() throws IOException {
    byte[] target = "x".repeat(50_000).getBytes(StandardCharsets.US_ASCII);
    assertRefused(tar -> {
      for (int i = 0; i < 700; i++) {
        TarArchiveEntry name =
            new TarArchiveEntry("././@LongLink", TarArchiveEntry.LF_GNUTYPE_LONGLINK);
        name.setSize(target.length);
        tar.putArchiveEntry(name);
        tar.write(target);
        tar.closeArchiveEntry();
        tar.putArchiveEntry(new TarArchiveEntry("link-" + i, TarArchiveEntry.LF_SYMLINK));
        tar.closeArchiveEntry();
      }
    });
  }

  @Test
  void ofALayoutOnlyItsOwnFilesAreRead() throws IOException {
    Path layout = Files.createDirectory(folder.resolve("layout"));
    Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
    Files.write(layout.resolve("index.json"), ImageIndex.of(List.of()).bytes());
    Path others = Files.createDirectory(layout.resolve("layers"));
    for (int i = 0; i < 9; i++) {
      try (RandomAccessFile file =
          new RandomAccessFile(others.resolve("file-" + i).toFile(), "rw")) {
        file.setLength(DOCUMENT);
      }
    }
    try (Store store = Store.open(folder.resolve("store"), "test")) {
      assertThat(ArchiveReader.readDirectory(store, layout)).isEmpty();
    }
  }
}
