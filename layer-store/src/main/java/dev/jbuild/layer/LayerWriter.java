package dev.jbuild.layer;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.linux.BytePath;
import dev.jbuild.linux.FileFd;
import dev.jbuild.linux.FileType;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Writes changes as a canonical layer tar: equal changes give equal bytes.
 *
 * <p>The form: POSIX ustar headers, with a PAX header only for what ustar cannot say (long or high
 * values, times between seconds, xattrs, holes) and its records in order of their keys; no user or
 * group names, no access or change times; paths as raw bytes without a leading slash; directories
 * end in a slash; hard links name the first path of the file; sockets are left out. Files of one
 * MiB and more with holes, or zeros where holes could be, are written as GNU sparse 1.0 entries,
 * found from the content alone so that a copy without holes gives the same bytes. Two zero blocks
 * end the archive, unpadded.
 *
 * <p>Changes must come in tree order, each path once, an opaque mark after its directory; anything
 * else is the caller's fault ({@link IllegalArgumentException}). Content is read once for a file
 * without holes. Memory is constant. Not thread-safe.
 */
public final class LayerWriter {
  /**
   * What the caller may decide about the form.
   *
   * @param nanoseconds whether times keep what is below a second
   * @param latest no entry is dated later (SOURCE_DATE_EPOCH)
   */
  public record Options(boolean nanoseconds, Optional<Instant> latest) {
    /** Times as they are. */
    public static final Options CANONICAL = new Options(true, Optional.empty());

    /** Times as they are, but not after {@code latest}. */
    public static Options notAfter(Instant latest) {
      return new Options(true, Optional.of(latest));
    }
  }

  private static final int COPY_BUFFER = 128 * 1024;
  private static final Attributes MARK = Attributes.of(0644, 0, 0, Instant.EPOCH);

  private final OutputStream out;
  private final Options options;
  private final TarHeader header = new TarHeader();
  private final byte[] buffer = new byte[COPY_BUFFER];
  private @Nullable TreeChange last;
  private long written;

  /** Writes to {@code out}, which should take small writes well. Does not close it. */
  public LayerWriter(OutputStream out, Options options) {
    this.out = out;
    this.options = options;
  }

  /** Bytes written so far. */
  public long written() {
    return written;
  }

  public void write(TreeChange change) throws IOException {
    requireOrder(change);
    if (change instanceof TreeEntry entry) {
      requireName(entry.path());
    }
    switch (change) {
      case Whiteout gone ->
          writeMark(gone.path().parent(), TarNames.WHITEOUT + gone.path().name().latin1());
      case OpaqueMark mark -> writeMark(mark.path(), TarNames.OPAQUE);
      case TreeEntry.Directory e ->
          writeHeader('5', name(e.path()) + "/", "", 0, e.attributes(), 0, 0);
      case TreeEntry.RegularFile e -> writeFile(e);
      case TreeEntry.Symlink e ->
          writeHeader('2', name(e.path()), e.target(), 0, e.attributes(), 0, 0);
      case TreeEntry.HardLink e ->
          writeHeader(
              '1',
              name(e.path()),
              e.target().latin1(),
              0,
              e.attributes().withXattrs(Xattrs.NONE),
              0,
              0);
      case TreeEntry.Device e ->
          writeHeader(
              e.type() == FileType.BLOCK_DEVICE ? '4' : '3',
              name(e.path()),
              "",
              0,
              e.attributes(),
              e.major(),
              e.minor());
      case TreeEntry.Fifo e -> writeHeader('6', name(e.path()), "", 0, e.attributes(), 0, 0);
      case TreeEntry.Socket _ -> {}
    }
  }

  /** Ends the archive. Nothing may be written after it. */
  public void finish() throws IOException {
    emit(new byte[2 * TarHeader.BLOCK], 2 * TarHeader.BLOCK);
    out.flush();
  }

  private void requireOrder(TreeChange change) {
    TreeChange before = last;
    last = change;
    if (before == null) {
      return;
    }
    int order = before.path().compareTo(change.path());
    boolean markOfDirectory =
        order == 0 && before instanceof TreeEntry.Directory && change instanceof OpaqueMark;
    if (order > 0 || (order == 0 && !markOfDirectory)) {
      throw new IllegalArgumentException(
          "change of \"" + change.path() + "\" comes after \"" + before.path() + "\"");
    }
  }

  private static void requireName(BytePath path) {
    if (path.name().latin1().startsWith(TarNames.WHITEOUT)) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "file \""
              + path
              + "\" cannot be in a layer: a name that starts with \".wh.\" means a deletion",
          "rename or remove the file",
          null);
    }
  }

  private static String name(BytePath path) {
    return path.isRoot() ? "." : path.latin1();
  }

  private void writeMark(BytePath directory, String name) throws IOException {
    String path = directory.isRoot() ? name : directory.latin1() + "/" + name;
    writeHeader('0', path, "", 0, MARK, 0, 0);
  }

  private void writeFile(TreeEntry.RegularFile file) throws IOException {
    Optional<SparseMap> holes = SparseMap.find(file);
    if (holes.isPresent()) {
      writeSparse(file, holes.get());
      return;
    }
    writeHeader('0', name(file.path()), "", file.size(), file.attributes(), 0, 0);
    if (file.size() > 0) {
      writeContent(file);
    }
    pad(file.size());
  }

  private void writeContent(TreeEntry.RegularFile file) throws IOException {
    if (out instanceof CompressedLayerStream stream
        && file.content() instanceof FileContent content) {
      try (FileFd in = content.openFile()) {
        long missing = stream.transferFrom(in, file.size());
        if (missing > 0) {
          throw changed(file, missing);
        }
        written += file.size();
      }
    } else {
      try (InputStream in = file.content().open()) {
        copy(in, file.size(), file);
      }
    }
  }

  private void writeSparse(TreeEntry.RegularFile file, SparseMap map) throws IOException {
    byte[] index = map.encode(file.size());
    long stored = index.length + map.dataSize();
    PaxRecords pax = records(file.attributes());
    map.describe(pax, file.path(), file.size());
    header.start('0', "GNUSparseFile.0/" + file.path().name().latin1(), "", pax);
    finishHeader(file.attributes(), stored, 0, 0, pax);
    emit(index, index.length);
    long at = 0;
    try (InputStream in = file.content().open()) {
      for (ContentSource.Extent extent : map.data()) {
        in.skipNBytes(extent.offset() - at);
        copy(in, extent.length(), file);
        at = extent.end();
      }
    }
    pad(stored);
  }

  private PaxRecords records(Attributes attributes) {
    PaxRecords pax = new PaxRecords();
    attributes.xattrs().forEach((name, value) -> putXattr(pax, name, value));
    return pax;
  }

  private static void putXattr(PaxRecords pax, String name, byte[] value) {
    if (name.indexOf('=') >= 0) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "extended attribute \""
              + BytePath.printable(name)
              + "\" has \"=\" in its name, which no tar can hold");
    }
    pax.put(TarNames.XATTR + name, value);
  }

  private void writeHeader(
      char type, String name, String target, long size, Attributes attributes, int major, int minor)
      throws IOException {
    PaxRecords pax = records(attributes);
    header.start(type, name, target, pax);
    finishHeader(attributes, size, major, minor, pax);
  }

  private void finishHeader(Attributes attributes, long size, int major, int minor, PaxRecords pax)
      throws IOException {
    header.attributes(attributes.mode(), attributes.uid(), attributes.gid(), time(attributes), pax);
    header.numbers(size, major, minor, pax);
    if (!pax.isEmpty()) {
      byte[] records = pax.encode();
      TarHeader extension = new TarHeader();
      extension.startPax(header);
      extension.numbers(records.length, 0, 0, new PaxRecords());
      emit(extension.finish(), TarHeader.BLOCK);
      emit(records, records.length);
      pad(records.length);
    }
    emit(header.finish(), TarHeader.BLOCK);
  }

  private Instant time(Attributes attributes) {
    Instant time = attributes.mtime();
    if (options.latest().isPresent() && time.isAfter(options.latest().get())) {
      time = options.latest().get();
    }
    return options.nanoseconds() ? time : Instant.ofEpochSecond(time.getEpochSecond());
  }

  private void copy(InputStream in, long length, TreeEntry.RegularFile file) throws IOException {
    long left = length;
    while (left > 0) {
      int n = in.read(buffer, 0, (int) Math.min(left, buffer.length));
      if (n < 0) {
        throw changed(file, left);
      }
      emit(buffer, n);
      left -= n;
    }
  }

  private static BuildFailure changed(TreeEntry.RegularFile file, long missing) {
    return new BuildFailure(
        BuildFailure.Kind.CONFLICT,
        "file \""
            + file.path()
            + "\" changes while it is read: "
            + missing
            + " of its "
            + file.size()
            + " bytes are missing");
  }

  private void pad(long size) throws IOException {
    int rest = (int) (size % TarHeader.BLOCK);
    if (rest != 0) {
      emit(new byte[TarHeader.BLOCK], TarHeader.BLOCK - rest);
    }
  }

  private void emit(byte[] bytes, int length) throws IOException {
    out.write(bytes, 0, length);
    written += length;
  }

  /** All changes, then the end. */
  public void writeAll(List<? extends TreeChange> changes) throws IOException {
    for (TreeChange change : changes) {
      write(change);
    }
    finish();
  }
}
