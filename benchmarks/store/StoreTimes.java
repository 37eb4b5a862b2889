import dev.jbuild.layer.CompressedLayer;
import dev.jbuild.layer.CompressedLayerStream;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.DirectoryTree;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeWalk;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.snapshot.ActiveSnapshot;
import dev.jbuild.snapshot.CopySnapshotter;
import dev.jbuild.snapshot.OverlaySnapshotter;
import dev.jbuild.snapshot.RootfsMount;
import dev.jbuild.snapshot.Snapshotter;
import dev.jbuild.store.LayerBlob;
import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The store's side of compare.sh: one task a process, so that each includes the JVM's start. */
public final class StoreTimes {
  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "layer" -> layer(Path.of(args[1]), args[2], Path.of(args[3]));
      case "commit" -> commit(Path.of(args[1]), Path.of(args[2]));
      case "unpack" -> unpack(Path.of(args[1]));
      case "changed" -> changed(args[1], Path.of(args[2]), Path.of(args[3]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** A directory to a compressed layer, tar and blob hashed. */
  private static void layer(Path directory, String kind, Path target) throws Exception {
    long start = System.nanoTime();
    Compression compression =
        switch (kind) {
          case "gzip" -> Compression.gzip();
          case "gzip6" -> new Compression.Gzip(6);
          case "zstd" -> Compression.zstd();
          case "plain" -> Compression.uncompressed();
          default -> throw new IllegalArgumentException(kind);
        };
    try (DirectoryTree tree = DirectoryTree.open(directory);
        FileSink out = new FileSink(target);
        CompressedLayerStream stream = CompressedLayerStream.open(out, compression)) {
      LayerWriter writer = new LayerWriter(stream, LayerWriter.Options.CANONICAL);
      TreeWalk.of(tree, BytePath.ROOT).forEach(writer::write);
      writer.finish();
      CompressedLayer layer = stream.finish();
      System.err.printf(
          "%s %d bytes in %d ms%n", kind, layer.size(), (System.nanoTime() - start) / 1_000_000);
    }
  }

  /** A file that takes native memory as it is, as the store's ingest does. */
  private static final class FileSink extends OutputStream implements WritableByteChannel {
    private final FileChannel file;

    FileSink(Path path) throws IOException {
      file =
          FileChannel.open(
              path,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING);
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      write(ByteBuffer.wrap(bytes, offset, length));
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      return file.write(bytes);
    }

    @Override
    public boolean isOpen() {
      return file.isOpen();
    }

    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  /** A directory to a committed gzip layer, in an image that other tools can read. */
  private static void commit(Path directory, Path root) throws Exception {
    try (DirectoryTree tree = DirectoryTree.open(directory);
        Store store = Store.open(root, "benchmark")) {
      LayerBlob layer =
          store
              .layers()
              .write(
                  Compression.gzip(),
                  LayerWriter.Options.CANONICAL,
                  writer -> {
                    TreeWalk.of(tree, BytePath.ROOT).forEach(writer::write);
                    writer.finish();
                  });
      String config =
          "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\""
              + layer.diffId()
              + "\"]}}";
      Manifest manifest =
          Manifest.of(
              store.blobs().put(MediaType.OCI_CONFIG, config.getBytes(StandardCharsets.UTF_8)),
              List.of(layer.blob()));
      store.tags().put("bench", store.blobs().put(manifest.mediaType(), manifest.bytes()));
    }
  }

  /** The layer of that image as a directory. */
  private static void unpack(Path root) throws Exception {
    try (Store store = Store.open(root, "benchmark")) {
      Descriptor target = store.tags().get("bench").orElseThrow();
      Manifest manifest = Manifest.parse(store.blobs().read(target.digest()));
      for (DiffId layer :
          ImageConfig.parse(store.blobs().read(manifest.config().digest())).diffIds()) {
        store.layers().unpacked(layer);
      }
    }
  }

  /** The commit of a step that changed one file of a large base, five times. */
  private static void changed(String mode, Path directory, Path root) throws Exception {
    try (DirectoryTree tree = DirectoryTree.open(directory);
        Store store = Store.open(root, "benchmark")) {
      DiffId base =
          store
              .layers()
              .write(
                  Compression.uncompressed(),
                  LayerWriter.Options.CANONICAL,
                  writer -> {
                    TreeWalk.of(tree, BytePath.ROOT).forEach(writer::write);
                    writer.finish();
                  })
              .diffId();
      Snapshotter snapshotter =
          mode.equals("overlay") ? new OverlaySnapshotter(store) : new CopySnapshotter(store);
      for (int i = 0; i < 5; i++) {
        try (ActiveSnapshot snapshot = snapshotter.prepare(List.of(base))) {
          Path top =
              switch (snapshot.rootfs()) {
                case RootfsMount.Overlay overlay -> overlay.upper();
                case RootfsMount.Directory copy -> copy.path();
              };
          // As the kernel leaves it in the upper directory: the file, and the directory it is in.
          Files.createDirectories(top.resolve("d001"));
          Files.writeString(top.resolve("d001/f00001"), "changed " + i);
          long start = System.nanoTime();
          snapshot.commit();
          report("changed-" + mode, start);
        }
      }
    }
  }

  private static void report(String name, long start) {
    System.out.printf("%s %.1f ms%n", name, (System.nanoTime() - start) / 1e6);
  }
}
