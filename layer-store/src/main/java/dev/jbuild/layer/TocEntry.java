package dev.jbuild.layer;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A line of the table of contents of an estargz blob, while it is put together. */
final class TocEntry {
  private final TarEntry entry;
  private final long chunkOffset;

  /** Where the gzip member of the content starts; 0 if there is no content. */
  long offset;

  long chunkSize;
  @Nullable String digest;
  @Nullable String chunkDigest;

  private TocEntry(TarEntry entry, long chunkOffset) {
    this.entry = entry;
    this.chunkOffset = chunkOffset;
  }

  static TocEntry of(TarEntry entry) {
    return new TocEntry(entry, 0);
  }

  /** A further chunk of a file. */
  static TocEntry chunk(TarEntry entry, long chunkOffset) {
    return new TocEntry(entry, chunkOffset);
  }

  private String type() {
    if (chunkOffset > 0) {
      return "chunk";
    }
    return switch (entry.type()) {
      case '0' -> "reg";
      case '1' -> "hardlink";
      case '2' -> "symlink";
      case '3' -> "char";
      case '4' -> "block";
      case '5' -> "dir";
      case '6' -> "fifo";
      default -> throw new IllegalStateException("type " + entry.type());
    };
  }

  static byte[] json(List<TocEntry> entries) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
      json.writeStartObject();
      json.writeNumberField("version", 1);
      json.writeArrayFieldStart("entries");
      for (TocEntry entry : entries) {
        entry.write(json);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    return out.toByteArray();
  }

  private void write(JsonGenerator json) throws IOException {
    json.writeStartObject();
    json.writeStringField("name", text(entry.name()));
    json.writeStringField("type", type());
    if (chunkOffset == 0) {
      writeAttributes(json);
    }
    number(json, "offset", offset);
    string(json, "digest", digest);
    number(json, "chunkOffset", chunkOffset);
    number(json, "chunkSize", chunkSize);
    string(json, "chunkDigest", chunkDigest);
    json.writeEndObject();
  }

  private void writeAttributes(JsonGenerator json) throws IOException {
    number(json, "size", entry.type() == '0' ? entry.size() : 0);
    Instant time = entry.mtime().truncatedTo(ChronoUnit.SECONDS);
    json.writeStringField("modtime", time.toString());
    string(json, "linkName", entry.link().isEmpty() ? null : text(entry.link()));
    number(json, "mode", entry.mode());
    number(json, "uid", entry.uid());
    number(json, "gid", entry.gid());
    number(json, "devMajor", entry.major());
    number(json, "devMinor", entry.minor());
    if (!entry.xattrs().isEmpty()) {
      json.writeObjectFieldStart("xattrs");
      entry.xattrs().forEach((name, value) -> json.writeBinaryField(text(name), value));
      json.writeEndObject();
    }
  }

  /**
   * JSON has no bytes: a name that is not UTF-8 is shown as Go would, with replacement characters.
   */
  private static String text(String latin1) {
    return new String(latin1.getBytes(ISO_8859_1), UTF_8);
  }

  private static void number(JsonGenerator json, String field, long value) throws IOException {
    if (value != 0) {
      json.writeNumberField(field, value);
    }
  }

  private static void string(JsonGenerator json, String field, @Nullable String value)
      throws IOException {
    if (value != null) {
      json.writeStringField(field, value);
    }
  }
}
