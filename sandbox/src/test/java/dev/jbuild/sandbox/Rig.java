package dev.jbuild.sandbox;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A busybox root file system and a launcher to run steps in it. One for each test. */
final class Rig {

  private static final Path BUSYBOX = Path.of("/bin/busybox");

  /** What a step gave back. */
  record Run(StepResult result, ByteArrayOutputStream stdout, ByteArrayOutputStream stderr) {
    String text() {
      return stdout.toString(StandardCharsets.UTF_8);
    }

    String errors() {
      return stderr.toString(StandardCharsets.UTF_8);
    }

    List<String> lines() {
      return text().lines().toList();
    }
  }

  final Path dir;
  final Path lower;
  final Path upper;
  final Launcher launcher;
  final Rootfs rootfs;

  /** Whether the launcher can mount. */
  final boolean mounts;

  /** Whether the step's own first process is pid 1, as OCI runtimes have it. */
  final boolean initIsTheStep;

  /** With an overlay for a launcher that can mount, else with one plain directory. */
  Rig(Path dir, Launcher launcher, boolean overlay, boolean userXattr) {
    assumeTrue(Files.isExecutable(BUSYBOX), "no /bin/busybox: apt install busybox-static");
    this.dir = dir;
    this.launcher = launcher;
    this.mounts = overlay;
    this.initIsTheStep = launcher instanceof OciLauncher;
    try {
      lower = busybox(Files.createDirectories(dir.resolve("lower")));
      if (overlay) {
        upper = Files.createDirectory(dir.resolve("upper"));
        Path work = Files.createDirectory(dir.resolve("work"));
        rootfs = new Rootfs.Overlay(List.of(lower), upper, work, userXattr);
      } else {
        upper = lower;
        rootfs = new Rootfs.Directory(lower);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static void assumeRoot() {
    assumeTrue(
        "root".equals(System.getProperty("user.name")), "not root: namespaces need CAP_SYS_ADMIN");
  }

  static Path busybox(Path root) throws IOException {
    Path bin = Files.createDirectories(root.resolve("bin"));
    Files.copy(BUSYBOX, bin.resolve("busybox"));
    bin.resolve("busybox").toFile().setExecutable(true, false);
    for (String applet :
        """
        [ awk base64 cat chmod chown cp cut date dd df echo env find grep head hostname id ip kill \
        ln ls mkdir mkfifo mknod mount mv nc ps pwd readlink rm rmdir sed seq setsid sh sleep sort \
        stat su sync tail tar test touch tr true uniq false umount uname unshare usleep wc wget which \
        whoami xargs yes chroot cmp mountpoint sysctl timeout insmod reboot nsenter printf od trap \
        """
            .strip()
            .split("\\s+", -1)) {
      Files.createSymbolicLink(bin.resolve(applet), Path.of("busybox"));
    }
    Path etc = Files.createDirectories(root.resolve("etc"));
    Files.writeString(
        etc.resolve("passwd"),
        "root:x:0:0:root:/root:/bin/sh\nbuilder:x:1000:1000::/home/builder:/bin/sh\n");
    Files.writeString(etc.resolve("group"), "root:x:0:\nbuilder:x:1000:\nmedia:x:44:builder\n");
    Path tmp = Files.createDirectories(root.resolve("tmp"));
    Files.setPosixFilePermissions(tmp, PosixFilePermissions.fromString("rwxrwxrwx"));
    Files.createDirectories(root.resolve("root"));
    return root;
  }

  private static @Nullable Path attack;

  /** Puts the program of src/test/c into the rootfs as {@code /bin/attack}. */
  Rig withAttack() {
    try {
      Files.copy(attackProgram(), lower.resolve("bin/attack"));
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static synchronized Path attackProgram() throws IOException {
    String given = System.getProperty("jbuild.attack");
    if (given != null) {
      return Path.of(given);
    }
    if (attack == null) {
      Path built = Path.of("target", "attack").toAbsolutePath();
      try {
        int code =
            new ProcessBuilder(
                    "cc", "-O1", "-static", "-o", built.toString(), "src/test/c/attack.c")
                .inheritIO()
                .start()
                .waitFor();
        assumeTrue(code == 0, "src/test/c/attack.c cannot be compiled: apt install libc6-dev");
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
      attack = built;
    }
    return attack;
  }

  StepRequest.Builder request(String... args) {
    return StepRequest.builder(rootfs, List.of(args));
  }

  Run run(StepRequest request) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    try (RunningStep step =
        launcher.start(
            request,
            (stream, chunk) -> {
              byte[] bytes = new byte[chunk.remaining()];
              chunk.get(bytes);
              (stream == OutputSink.Stream.STDOUT ? out : err).writeBytes(bytes);
            })) {
      StepResult result = step.await();
      return new Run(result, out, err);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A step that is talked to. */
  final class Talk implements AutoCloseable {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    final RunningStep step;

    Talk(StepRequest request) {
      step = launcher.start(request, this::take);
    }

    private synchronized void take(OutputSink.Stream stream, ByteBuffer chunk) {
      byte[] bytes = new byte[chunk.remaining()];
      chunk.get(bytes);
      (stream == OutputSink.Stream.STDOUT ? out : err).writeBytes(bytes);
      notifyAll();
    }

    void say(byte... bytes) throws InterruptedException {
      step.input(bytes, 0, bytes.length);
    }

    /** Waits until it has said this. */
    synchronized void hear(String text) throws InterruptedException {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(120);
      while (!out.toString(StandardCharsets.UTF_8).contains(text)) {
        long left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime());
        if (left <= 0) {
          throw new AssertionError("it said no \"" + text + "\" but: " + out + err);
        }
        wait(left);
      }
    }

    Run end() throws InterruptedException {
      step.endInput();
      return new Run(step.await(), out, err);
    }

    @Override
    public void close() {
      step.close();
    }
  }

  /** Runs a shell script with the defaults of a RUN. */
  Run sh(String script) {
    return sh(script, UnaryOperator.identity());
  }

  Run sh(String script, UnaryOperator<StepRequest.Builder> change) {
    return run(change.apply(request("/bin/sh", "-c", script)).build());
  }

  /** Names in the upper directory, sorted: what a layer would hold. */
  List<String> changes() {
    try (Stream<Path> walk = Files.walk(upper)) {
      return walk.map(p -> upper.relativize(p).toString())
          .filter(name -> !name.isEmpty())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
