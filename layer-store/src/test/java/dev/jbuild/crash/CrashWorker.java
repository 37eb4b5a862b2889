package dev.jbuild.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.jbuild.store.Store;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.SplittableRandom;

/** Works on a store until it is killed, and says on its output what it has begun and done. */
public final class CrashWorker {
  private CrashWorker() {}

  /** Arguments: the store's root, a name for the worker's tags, a seed. */
  public static void main(String[] args) throws IOException {
    PrintStream out = new PrintStream(System.out, true, UTF_8);
    StoreWork work =
        new StoreWork(args[1], new SplittableRandom(Long.parseLong(args[2])), out::println);
    out.println("ready");
    while (true) {
      try (Store store = Store.open(Path.of(args[0]), args[1])) {
        work.step(store);
      }
    }
  }
}
