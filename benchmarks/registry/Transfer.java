import dev.jbuild.oci.Platform;
import dev.jbuild.registry.ImageName;
import dev.jbuild.registry.PulledImage;
import dev.jbuild.registry.RegistryClient;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.wire.Transports;
import dev.jbuild.store.Store;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * One pull, with unpacking or without, timed from inside a fresh process. Run by compare.sh.
 *
 * <p>usage: Transfer pull|unpack NAME STORE
 */
public final class Transfer {
  public static void main(String[] args) throws Exception {
    long start = System.nanoTime();
    ImageName name = ImageName.parse(args[1]);
    RegistryOptions options = RegistryOptions.builder(System.getenv()).build();
    try (Store store = Store.open(Path.of(args[2]), "benchmark");
        RegistryClient client = new RegistryClient(Transports.open(options), options, store)) {
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
    System.out.printf("%s %.2f s%n", args[0], (System.nanoTime() - start) / 1e9);
  }
}
