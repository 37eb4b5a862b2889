package dev.jbuild.layer;

import dev.jbuild.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;

/**
 * Turns a tar into an eStargz blob (stargz-snapshotter, docs/estargz.md).
 *
 * <p>The blob is a row of gzip members. The content of each regular file starts a new member, and
 * so does every further {@link #CHUNK} of it, so that a reader with the table of contents can fetch
 * one chunk alone. The last entry of the tar is that table, {@code stargz.index.json}, in a member
 * of its own, and a fixed footer says where it starts. Headers pass through byte for byte, except
 * that sparse entries are written out in full: the table describes content as it lies in the blob.
 *
 * <p>No prefetch landmark is added; it would be a file of the image. Members are deflated in
 * parallel and written in order, so the bytes do not depend on the number of threads.
 */
final class EstargzWriter implements AutoCloseable {
  /** Length of a chunk, stargz-snapshotter's own. */
  static final int CHUNK = 4 << 20;

  static final String TOC_NAME = "stargz.index.json";

  /** What came out. */
  record Summary(Digest tarDigest, long tarSize, Digest tocDigest) {}

  private final GzipMembers members;
  private final Digest.Hasher tarHash = Digest.hasher();
  private final List<TocEntry> toc = new ArrayList<>();
  private final ByteArrayOutputStream member = new ByteArrayOutputStream();
  private final byte[] buffer = new byte[64 * 1024];
  private Optional<TocEntry> memberStart = Optional.empty();
  private long tarSize;

  EstargzWriter(OutputStream out, int level, ExecutorService threads, int parallelism) {
    members = new GzipMembers(out, level, threads, parallelism);
  }

  /** Keeps what a tar reader reads, as long as nobody says otherwise. */
  private static final class Recorder extends FilterInputStream {
    final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    boolean keeping = true;

    Recorder(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      int n = super.read(bytes, offset, length);
      if (keeping && n > 0) {
        kept.write(bytes, offset, n);
      }
      return n;
    }
  }

  Summary convert(InputStream tar) throws IOException {
    Recorder recorder = new Recorder(tar);
    TarReader reader = new TarReader(recorder, ExtractLimits.DEFAULT);
    for (Optional<TarEntry> e = reader.next(); e.isPresent(); e = reader.next()) {
      TarEntry entry = e.get();
      if (entry.name().equals(TOC_NAME)) {
        throw TarReader.corrupt("layer has an entry \"" + TOC_NAME + "\" already");
      }
      byte[] head = recorder.kept.toByteArray();
      recorder.kept.reset();
      if (entry.sparse().isPresent()) {
        emit(fullHeader(entry, head));
      } else {
        emit(head);
      }
      recorder.keeping = false;
      writeContent(entry, reader);
      recorder.keeping = entry.sparse().isEmpty();
      if (!recorder.keeping) {
        // The padding of the sparse form is not that of the full one.
        emit(new byte[padding(entry.size())]);
        reader.skipRest();
        recorder.keeping = true;
      }
    }
    // The last entry's padding, without the block of zeros that ended the archive.
    byte[] end = recorder.kept.toByteArray();
    emit(java.util.Arrays.copyOf(end, end.length % TarHeader.BLOCK));
    recorder.keeping = false;
    reader.drain();
    return writeToc();
  }

  private static int padding(long size) {
    return (int) ((TarHeader.BLOCK - size % TarHeader.BLOCK) % TarHeader.BLOCK);
  }

  /** The padding of the entry before, then headers that say the entry's real size. */
  private static byte[] fullHeader(TarEntry entry, byte[] head) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PaxRecords pax = new PaxRecords();
    entry.xattrs().forEach((name, value) -> pax.put(TarNames.XATTR + name, value));
    TarHeader header = new TarHeader();
    header.start('0', entry.name(), "", pax);
    header.attributes(entry.mode(), entry.uid(), entry.gid(), entry.mtime(), pax);
    header.numbers(entry.size(), 0, 0, pax);
    // What was recorded starts with the padding of the entry before; headers are whole blocks.
    out.write(head, 0, head.length % TarHeader.BLOCK);
    if (!pax.isEmpty()) {
      byte[] records = pax.encode();
      TarHeader extension = new TarHeader();
      extension.startPax(header);
      extension.numbers(records.length, 0, 0, new PaxRecords());
      out.writeBytes(extension.finish());
      out.writeBytes(records);
      out.writeBytes(new byte[padding(records.length)]);
    }
    out.writeBytes(header.finish());
    return out.toByteArray();
  }

  private void writeContent(TarEntry entry, TarReader reader) throws IOException {
    TocEntry first = TocEntry.of(entry);
    toc.add(first);
    if (entry.type() != '0' || entry.size() == 0) {
      return;
    }
    Digest.Hasher whole = Digest.hasher();
    InputStream content = new ContentStream(entry, reader);
    for (long offset = 0; offset < entry.size(); offset += CHUNK) {
      TocEntry chunk = offset == 0 ? first : TocEntry.chunk(entry, offset);
      if (offset > 0) {
        toc.add(chunk);
      }
      startMember(chunk);
      long length = Math.min(CHUNK, entry.size() - offset);
      chunk.chunkSize = entry.size() > CHUNK ? length : 0;
      chunk.chunkDigest = copyChunk(content, length, whole).toString();
    }
    first.digest = whole.digest().toString();
  }

  private Digest copyChunk(InputStream content, long length, Digest.Hasher whole)
      throws IOException {
    Digest.Hasher hash = Digest.hasher();
    long left = length;
    while (left > 0) {
      int n = content.readNBytes(buffer, 0, (int) Math.min(buffer.length, left));
      hash.update(buffer, 0, n);
      whole.update(buffer, 0, n);
      tarHash.update(buffer, 0, n);
      member.write(buffer, 0, n);
      tarSize += n;
      left -= n;
    }
    return hash.digest();
  }

  /** Content with its holes as zeros. */
  private static final class ContentStream extends InputStream {
    private final TarEntry entry;
    private final TarReader reader;
    private final List<ContentSource.Extent> data;
    private int next;
    private long at;

    ContentStream(TarEntry entry, TarReader reader) {
      this.entry = entry;
      this.reader = reader;
      this.data =
          entry.sparse().isPresent()
              ? entry.sparse().get().data()
              : List.of(new ContentSource.Extent(0, entry.size()));
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      while (next < data.size() && at >= data.get(next).end()) {
        next++;
      }
      long end = next < data.size() ? data.get(next).offset() : entry.size();
      if (at < end) {
        int zeros = (int) Math.min(length, end - at);
        java.util.Arrays.fill(bytes, offset, offset + zeros, (byte) 0);
        at += zeros;
        return zeros;
      }
      if (next == data.size()) {
        return -1;
      }
      int n = reader.read(bytes, offset, (int) Math.min(length, data.get(next).end() - at));
      at += Math.max(n, 0);
      return n;
    }
  }

  private void emit(byte[] bytes) throws IOException {
    tarHash.update(bytes, 0, bytes.length);
    tarSize += bytes.length;
    member.writeBytes(bytes);
    if (member.size() >= CHUNK) {
      flushMember();
    }
  }

  /** Ends the member so far; the next one starts with what {@code entry} describes. */
  private void startMember(TocEntry entry) throws IOException {
    flushMember();
    memberStart = Optional.of(entry);
  }

  private void flushMember() throws IOException {
    if (member.size() == 0) {
      return;
    }
    byte[] bytes = member.toByteArray();
    member.reset();
    Optional<TocEntry> start = memberStart;
    memberStart = Optional.empty();
    members.add(bytes, offset -> start.ifPresent(entry -> entry.offset = offset));
  }

  private Summary writeToc() throws IOException {
    flushMember();
    long tocOffset = members.drain();
    byte[] json = TocEntry.json(toc);
    TarHeader header = new TarHeader();
    PaxRecords none = new PaxRecords();
    header.start('0', TOC_NAME, "", none);
    header.attributes(0444, 0, 0, Instant.EPOCH, none);
    header.numbers(json.length, 0, 0, none);
    emit(header.finish());
    emit(json);
    emit(new byte[padding(json.length) + 2 * TarHeader.BLOCK]);
    flushMember();
    members.drain();
    members.writeRaw(footer(tocOffset));
    return new Summary(tarHash.digest(), tarSize, Digest.of(json));
  }

  /** An empty member of 51 bytes whose extra field names the offset of the table. */
  static byte[] footer(long tocOffset) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(51);
    out.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, 4, 0, 0, 0, 0, 0, (byte) 255});
    out.writeBytes(new byte[] {26, 0, 'S', 'G', 22, 0});
    out.writeBytes(String.format("%016xSTARGZ", tocOffset).getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(new byte[] {1, 0, 0, (byte) 0xff, (byte) 0xff, 0, 0, 0, 0, 0, 0, 0, 0});
    return out.toByteArray();
  }

  @Override
  public void close() {
    members.close();
  }
}
