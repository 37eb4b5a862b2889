package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.image.ArchiveWriter;
import dev.jbuild.image.Images;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.store.Store;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * Copies images byte by byte between registries, layouts, archives and the store: indexes with all
 * their manifests, unknown fields and unknown media types included. Nothing is unpacked and nothing
 * is written anew, so the digest stays.
 *
 * <p>Between registries a blob comes through the store only if the target has not got it and cannot
 * take it from a repository of its own.
 */
public final class ImageCopy {
  private final Registry registry;
  private final RegistryOptions options;
  private final Store store;

  /**
   * A copier.
   *
   * @param registry not closed by this
   */
  public ImageCopy(Registry registry, RegistryOptions options, Store store) {
    this.registry = registry;
    this.options = options;
    this.store = store;
  }

  /**
   * Copies.
   *
   * @return what was copied
   * @throws BuildFailure if {@code from} is not there, names nothing, or names several images where
   *     one is needed
   */
  public Descriptor copy(ImagePlace from, ImagePlace to) {
    return switch (from) {
      case ImagePlace.InRegistry(ImageName name) -> {
        RegistryClient client = new RegistryClient(registry, options, store);
        boolean blobs = !(to instanceof ImagePlace.InRegistry);
        Descriptor root =
            blobs ? client.puller().pullAll(name) : client.puller().pullManifests(name);
        write(client, store, root, name.familiar(), to);
        yield root;
      }
      case ImagePlace.InStore(String name) -> {
        Descriptor root = new Images(store).resolve(name);
        write(new RegistryClient(registry, options, store), store, root, name, to);
        yield root;
      }
      case ImagePlace.Layout(Path directory, String tag) ->
          loaded(directory, tag, to, scratch -> new Images(scratch).load(directory));
      case ImagePlace.Archive(Path file, String name, boolean _) ->
          loaded(
              file,
              name,
              to,
              scratch -> {
                try (InputStream in = Files.newInputStream(file)) {
                  return new Images(scratch).load(in, file.toString());
                } catch (IOException e) {
                  throw new BuildFailure(
                      BuildFailure.Kind.NOT_FOUND, "\"" + file + "\" is not readable", e);
                }
              });
    };
  }

  /** Reads an archive into a store and says which names it has. */
  private interface Loading {
    List<String> into(Store scratch);
  }

  /** Through a store of its own, so that the archive's names do not become the user's. */
  private Descriptor loaded(Path source, String wanted, ImagePlace to, Loading loading) {
    if (!Files.exists(source)) {
      throw new BuildFailure(BuildFailure.Kind.NOT_FOUND, "\"" + source + "\" does not exist");
    }
    Path folder;
    try {
      folder = Files.createTempDirectory(store.directory("copy"), "copy");
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE, "no room to copy through: " + e.getMessage(), e);
    }
    try (Store scratch = Store.open(folder, "copy " + source)) {
      List<String> names = loading.into(scratch);
      String name = chosen(source, wanted, names);
      Descriptor root = new Images(scratch).resolve(name);
      write(new RegistryClient(registry, options, scratch), scratch, root, name, to);
      return root;
    } finally {
      delete(folder);
    }
  }

  private static String chosen(Path source, String wanted, List<String> names) {
    List<String> fitting =
        names.stream()
            .filter(name ->
                wanted.isEmpty()
                    || name.equals(wanted)
                    || name.equals(wanted + ":latest")
                    || name.endsWith(":" + wanted))
            .distinct()
            .toList();
    if (fitting.size() != 1) {
      throw new BuildFailure(
          fitting.isEmpty() ? BuildFailure.Kind.NOT_FOUND : BuildFailure.Kind.USER,
          "\""
              + source
              + "\" holds "
              + (fitting.isEmpty() ? "no image \"" + wanted + "\"" : "several images")
              + ": "
              + String.join(", ", names),
          "name one of them after the path and a colon",
          null);
    }
    return fitting.getFirst();
  }

  private static void write(
      RegistryClient client, Store holder, Descriptor root, String name, ImagePlace to) {
    switch (to) {
      case ImagePlace.InRegistry(ImageName target) -> client.pusher().push(root, List.of(target));
      case ImagePlace.InStore(String tag) -> holder.tags().put(tag, root);
      case ImagePlace.Layout(Path directory, String tag) -> {
        try {
          new ArchiveWriter(holder).writeDirectory(named(tag, name, root), directory);
        } catch (IOException e) {
          throw unwritable(directory, e);
        }
      }
      case ImagePlace.Archive(Path file, String tag, boolean docker) -> {
        Path target = file.toAbsolutePath();
        Path fresh = target.resolveSibling("." + target.getFileName() + ".part");
        try {
          try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(fresh), 1 << 16)) {
            ArchiveWriter.Kind kind = docker ? ArchiveWriter.Kind.DOCKER : ArchiveWriter.Kind.OCI;
            new ArchiveWriter(holder).writeTar(named(tag, name, root), kind, out);
          }
          Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
          throw unwritable(file, e);
        } finally {
          deleteFile(fresh);
        }
      }
    }
  }

  /** Under the name that was asked for, else under the one it had. */
  private static SequencedMap<String, Descriptor> named(String asked, String had, Descriptor root) {
    SequencedMap<String, Descriptor> images = new LinkedHashMap<>();
    images.put(asked.isEmpty() ? had : asked, root);
    return images;
  }

  private static BuildFailure unwritable(Path path, IOException e) {
    return new BuildFailure(
        BuildFailure.Kind.UNAVAILABLE, "\"" + path + "\" cannot be written: " + e.getMessage(), e);
  }

  private static void deleteFile(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // A leftover with a name that says what it is.
      return;
    }
  }

  private static void delete(Path folder) {
    try {
      Files.walkFileTree(
          folder,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              Files.delete(file);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(
                Path directory, @org.jspecify.annotations.Nullable IOException failure)
                throws IOException {
              Files.delete(directory);
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      // Below the store's own directory of copies, which is safe to lose.
      return;
    }
  }
}
