package dev.jbuild.crash;

import dev.jbuild.image.ArchiveWriter;
import dev.jbuild.image.Image;
import dev.jbuild.image.Images;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.Compression;
import dev.jbuild.layer.ContentSource;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.LayerBuilder;
import dev.jbuild.layer.LayerWriter;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.DiffId;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.ImageConfig;
import dev.jbuild.oci.Platform;
import dev.jbuild.store.Ingest;
import dev.jbuild.store.LayerBlob;
import dev.jbuild.store.PruneOptions;
import dev.jbuild.store.Store;
import dev.jbuild.store.Workspace;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * Builds, pulls, imports, saves, loads and prunes on a store in random order, and says what it has
 * begun and what it has done: lines for {@link Promises}.
 */
final class StoreWork {
  private static final Platform PLATFORM = Platform.parse("linux/amd64");
  private static final long CAP = 24L << 20;

  private final String name;
  private final SplittableRandom random;
  private final Consumer<String> out;
  private final List<String> tags = new ArrayList<>();
  private int count;

  /** Works under tags that begin with the name. */
  StoreWork(String name, SplittableRandom random, Consumer<String> out) {
    this.name = name;
    this.random = random;
    this.out = out;
  }

  /** One piece of work, whatever it is. */
  void step(Store store) throws IOException {
    int choice = random.nextInt(12);
    switch (choice) {
      case 0, 1, 2 -> build(store);
      case 3 -> adopt(store);
      case 4, 5 -> unpack(store);
      case 6 -> remove(store);
      case 7 -> store.prune(PruneOptions.keep(CAP));
      case 8 -> store.prune(PruneOptions.everything());
      case 9 -> importTar(store);
      case 10 -> saveAndLoad(store);
      default -> pull(store);
    }
    out.accept("did " + choice);
  }

  private void tagged(String tag, Digest digest) {
    out.accept("tagged " + tag + " " + digest);
    tags.add(tag);
  }

  private String nextTag() {
    String tag = name + "/i" + ProcessHandle.current().pid() + "-" + count++ + ":1";
    out.accept("tagging " + tag);
    return tag;
  }

  private void build(Store store) throws IOException {
    List<LayerBlob> layers = new ArrayList<>();
    for (int i = random.nextInt(1, 4); i > 0; i--) {
      layers.add(
          store
              .layers()
              .write(
                  random.nextBoolean() ? Compression.gzip() : Compression.zstd(),
                  LayerWriter.Options.CANONICAL,
                  this::content));
    }
    ImageConfig config =
        ImageConfig.empty(PLATFORM).withDiffIds(layers.stream().map(LayerBlob::diffId).toList());
    String tag = nextTag();
    Image image = Image.create(store, tag, config, layers.stream().map(LayerBlob::blob).toList());
    tagged(tag, image.target().digest());
  }

  private void content(LayerWriter writer) throws IOException {
    try (LayerBuilder layer = new LayerBuilder(FileTree.empty())) {
      for (int i = random.nextInt(1, 20); i > 0; i--) {
        byte[] bytes = bytes(random.nextInt(1 << random.nextInt(4, 19)));
        layer.put(
            new TreeEntry.RegularFile(
                BytePath.of("d" + i % 3 + "/f" + random.nextInt(1000)),
                Attributes.of(0644, 0, 0, Instant.EPOCH),
                bytes.length,
                ContentSource.of(bytes)));
      }
      layer.writeTo(writer);
    }
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    for (int i = 0; i < length; i += 3) {
      bytes[i] = (byte) random.nextInt();
    }
    return bytes;
  }

  /** What a RUN leaves, without the mount. */
  private void adopt(Store store) throws IOException {
    try (Workspace workspace = store.workspace()) {
      Path upper = workspace.path().resolve("fs");
      try {
        Files.createDirectories(upper.resolve("a/b"));
        for (int i = random.nextInt(1, 30); i > 0; i--) {
          Files.write(upper.resolve("a/f" + i), bytes(random.nextInt(1 << 14)));
        }
      } catch (IOException e) {
        // So a step's own command fails on a full disk; what it wrote is thrown away.
        out.accept("step failed");
        return;
      }
      DiffId layer = store.layers().adopt(upper, List.of()).diffId();
      ImageConfig config = ImageConfig.empty(PLATFORM).withDiffIds(List.of(layer));
      String tag = nextTag();
      LayerBlob blob = store.layers().blob(layer, Compression.gzip());
      tagged(tag, Image.create(store, tag, config, List.of(blob.blob())).target().digest());
    }
  }

  private void unpack(Store store) {
    if (!tags.isEmpty()) {
      Image image = new Images(store).get(tags.get(random.nextInt(tags.size())));
      store.layers().unpacked(image.config().diffIds());
    }
  }

  private void remove(Store store) {
    if (tags.size() > 3) {
      String tag = tags.remove(random.nextInt(tags.size()));
      out.accept("removing " + tag);
      store.tags().remove(tag);
      out.accept("removed " + tag);
    }
  }

  private void importTar(Store store) throws IOException {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    content(new LayerWriter(tar, LayerWriter.Options.CANONICAL));
    String tag = nextTag();
    Image image =
        new Images(store)
            .importRootfs(new ByteArrayInputStream(tar.toByteArray()), "tar", tag, PLATFORM, null);
    tagged(tag, image.target().digest());
  }

  private void saveAndLoad(Store store) throws IOException {
    if (!tags.isEmpty()) {
      String tag = tags.get(random.nextInt(tags.size()));
      ByteArrayOutputStream archive = new ByteArrayOutputStream();
      new ArchiveWriter(store)
          .writeTar(new Images(store).select(List.of(tag)), ArchiveWriter.Kind.DOCKER, archive);
      new Images(store).load(new ByteArrayInputStream(archive.toByteArray()), "archive");
    }
  }

  /** A download in pieces, left and resumed. */
  private void pull(Store store) throws IOException {
    byte[] bytes = bytes(random.nextInt(1, 1 << 18));
    Digest digest = Digest.of(bytes);
    while (true) {
      try (Ingest ingest = store.blobs().begin(digest.toString())) {
        int from = (int) ingest.offset();
        int length = Math.min(bytes.length - from, random.nextInt(1, 1 << 17));
        ingest.output().write(bytes, from, length);
        if (ingest.offset() == bytes.length) {
          ingest.commit(digest, bytes.length);
          return;
        }
      }
    }
  }
}
