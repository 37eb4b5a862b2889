import dev.jbuild.image.Image;
import dev.jbuild.image.Images;
import dev.jbuild.layer.Compression;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Manifest;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.ImageName;
import dev.jbuild.registry.PulledImage;
import dev.jbuild.registry.PushSession;
import dev.jbuild.registry.RegistryClient;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.wire.Transports;
import dev.jbuild.store.Store;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * One pull (with unpacking) or push, timed from inside a fresh process. Run by compare.sh.
 *
 * <p>usage: Transfer load LAYOUT STORE; Transfer pull|unpack|push NAME STORE. A push takes the image
 * that was loaded, compresses its layers and sends each as soon as it is ready.
 */
public final class Transfer {
  public static void main(String[] args) throws Exception {
    long start = System.nanoTime();
    if (args[0].equals("load")) {
      try (Store store = Store.open(Path.of(args[2]), "benchmark")) {
        String loaded = new Images(store).load(Path.of(args[1])).getFirst();
        store.tags().put("bench:1", new Images(store).resolve(loaded));
      }
      return;
    }
    ImageName name = ImageName.parse(args[1]);
    RegistryOptions options = RegistryOptions.builder(System.getenv()).build();
    try (Store store = Store.open(Path.of(args[2]), "benchmark");
        RegistryClient client = new RegistryClient(Transports.open(options), options, store)) {
      if (args[0].equals("push")) {
        push(store, client, name);
      } else {
        PulledImage image = client.puller().pull(name, Platform.parse("linux/amd64"));
        if (args[0].equals("pull")) {
          client.puller().fetchLayers(image);
        } else {
          try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Path>> unpacked =
                image.layers().stream()
                    .map(layer -> threads.submit(() -> store.layers().unpacked(layer.diffId())))
                    .toList();
            for (Future<Path> layer : unpacked) {
              layer.get();
            }
          }
        }
      }
    }
    System.out.printf("%s %.2f s%n", args[0], (System.nanoTime() - start) / 1e9);
  }

  private static void push(Store store, RegistryClient client, ImageName name) throws Exception {
    Image image = new Images(store).get("bench:1");
    try (PushSession session = client.pusher().begin(List.of(name));
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Descriptor>> blobs =
          image.config().diffIds().stream()
              .map(
                  diffId ->
                      threads.submit(
                          () -> {
                            Descriptor blob =
                                store.layers().blob(diffId, Compression.gzip()).blob();
                            session.offer(blob);
                            return blob;
                          }))
              .toList();
      List<Descriptor> layers = new ArrayList<>();
      for (Future<Descriptor> blob : blobs) {
        layers.add(blob.get());
      }
      Manifest manifest = Manifest.of(image.manifest().config(), layers);
      session.finish(store.blobs().put(manifest.mediaType(), manifest.bytes()));
    }
  }
}
