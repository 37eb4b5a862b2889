import dev.jbuild.sandbox.EmbeddedLauncher;
import dev.jbuild.sandbox.OciLauncher;
import dev.jbuild.sandbox.Launcher;
import dev.jbuild.sandbox.OutputSink;
import dev.jbuild.sandbox.Rootfs;
import dev.jbuild.sandbox.RunningStep;
import dev.jbuild.sandbox.StepRequest;
import dev.jbuild.sandbox.Tier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;

/** Times `RUN true` on busybox through both launchers, in turns, after a warm-up. */
public final class StepTimes {
  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 50;
    Path dir = Files.createTempDirectory("step-times-");
    Path lower = dir.resolve("lower");
    Files.createDirectories(lower.resolve("bin"));
    Files.copy(Path.of("/bin/busybox"), lower.resolve("bin/true"));
    lower.resolve("bin/true").toFile().setExecutable(true, false);
    for (String name : List.of("dev", "proc", "sys")) {
      Files.createDirectory(lower.resolve(name));
    }
    Path upper = Files.createDirectory(dir.resolve("upper"));
    Path work = Files.createDirectory(dir.resolve("work"));
    Rootfs rootfs = new Rootfs.Overlay(List.of(lower), upper, work, false);
    Launcher own = new EmbeddedLauncher(Tier.A);
    Launcher runc = OciLauncher.find(Optional.of("runc"));
    List<Double> ownTimes = new ArrayList<>();
    List<Double> runcTimes = new ArrayList<>();
    for (int i = 0; i < rounds + 20; i++) {
      double a = time(own, rootfs);
      double b = time(runc, rootfs);
      if (i >= 20) {
        ownTimes.add(a);
        runcTimes.add(b);
      }
    }
    print(own.describe(), ownTimes);
    print(runc.describe(), runcTimes);
  }

  private static double time(Launcher launcher, Rootfs rootfs) throws InterruptedException {
    long start = System.nanoTime();
    try (RunningStep step =
        launcher.start(
            StepRequest.builder(rootfs, List.of("/bin/true")).build(), OutputSink.discard())) {
      if (!step.await().succeeded()) {
        throw new IllegalStateException("the step failed");
      }
    }
    return (System.nanoTime() - start) / 1e6;
  }

  private static void print(String name, List<Double> times) {
    Collections.sort(times);
    System.out.printf(
        "%-40s median %6.1f ms   min %6.1f ms   p90 %6.1f ms%n",
        name, times.get(times.size() / 2), times.getFirst(), times.get(times.size() * 9 / 10));
  }
}
