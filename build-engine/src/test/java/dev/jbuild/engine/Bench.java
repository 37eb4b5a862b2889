package dev.jbuild.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.engine.event.BuildEvent;
import dev.jbuild.engine.event.BuildListener;
import dev.jbuild.image.Image;
import dev.jbuild.image.Images;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import dev.jbuild.oci.Platform;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.sandbox.Isolation;
import dev.jbuild.sandbox.Sandbox;
import dev.jbuild.store.Store;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/** A store, an engine and a build context in a folder of a test, with the last build's events. */
public final class Bench implements AutoCloseable {
  private static final Path BUSYBOX = Path.of("/bin/busybox");

  private final Path context;
  private final Store store;
  private final BuildEngine engine;
  private final List<BuildEvent> events = new CopyOnWriteArrayList<>();

  /** An engine over an empty store in the folder. */
  public Bench(Path folder) throws IOException {
    this(folder, Map.of());
  }

  /** The same for a process with this environment. */
  public Bench(Path folder, Map<String, String> environment) throws IOException {
    this(folder, environment, Clock.systemUTC());
  }

  /** The same at another time. */
  public Bench(Path folder, Map<String, String> environment, Clock clock) throws IOException {
    context = Files.createDirectories(folder.resolve("context"));
    store = Store.open(folder.resolve("store"), "test");
    engine =
        new EngineSettings(
                store,
                RegistryOptions.builder(environment).build(),
                () -> Sandbox.select(Isolation.AUTO, Optional.empty()),
                Platform.host(),
                clock)
            .open();
  }

  /** Why RUN cannot be tried here; empty if it can. */
  public static Optional<String> noRun() {
    if (!Files.isExecutable(BUSYBOX)) {
      return Optional.of("there is no /bin/busybox (Debian: busybox-static)");
    }
    return Files.isWritable(Path.of("/proc/sys/kernel"))
            || "root".equals(System.getProperty("user.name"))
        ? Optional.empty()
        : Optional.of("RUN in namespaces needs root");
  }

  /**
   * A bench with the image {@code busybox}, for RUN steps; skips the test where there can be none.
   */
  public static Bench forSteps(Path folder) throws IOException {
    noRun().ifPresent(reason -> Assumptions.abort(reason));
    Bench bench = new Bench(folder);
    bench.importBusybox();
    return bench;
  }

  /** Puts an image {@code busybox} into the store, made from this machine's static busybox. */
  public void importBusybox() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(bytes))) {
      for (String directory : List.of("bin/", "etc/", "tmp/", "root/")) {
        TarArchiveEntry entry = new TarArchiveEntry(directory);
        entry.setMode(directory.equals("tmp/") ? 01777 : 0755);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
      }
      file(tar, "bin/busybox", 0755, Files.readAllBytes(BUSYBOX));
      for (String name :
          List.of(
              "sh", "cat", "ls", "echo", "sleep", "mkdir", "rm", "id", "test", "nc", "env", "true",
              "false", "chmod", "pwd", "ln", "wc", "head", "seq", "touch", "stat")) {
        TarArchiveEntry link = new TarArchiveEntry("bin/" + name, TarArchiveEntry.LF_SYMLINK);
        link.setLinkName("busybox");
        tar.putArchiveEntry(link);
        tar.closeArchiveEntry();
      }
      file(tar, "etc/passwd", 0644, text("root:x:0:0::/root:/bin/sh\napp:x:10:20::/:/bin/sh\n"));
      file(tar, "etc/group", 0644, text("root:x:0:\nstaff:x:20:\nextra:x:30:app\n"));
    }
    new Images(store)
        .importRootfs(
            new ByteArrayInputStream(bytes.toByteArray()),
            "busybox",
            "busybox",
            Platform.host(),
            Instant.EPOCH);
  }

  private static byte[] text(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void file(TarArchiveOutputStream tar, String name, int mode, byte[] bytes)
      throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setMode(mode);
    entry.setSize(bytes.length);
    tar.putArchiveEntry(entry);
    tar.write(bytes);
    tar.closeArchiveEntry();
  }

  public Path context() {
    return context;
  }

  public Store store() {
    return store;
  }

  /** Writes a file of the context. */
  public void write(String path, String content) throws IOException {
    Path file = context.resolve(path);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  /** Builds a Dockerfile under the name {@code result}. */
  public BuildResult build(String dockerfile) {
    return build(dockerfile, request -> {});
  }

  /** Builds a Dockerfile with more options. */
  public BuildResult build(String dockerfile, Consumer<BuildRequest.Builder> options) {
    events.clear();
    BuildRequest.Builder request =
        BuildRequest.builder(new ContextSource.Directory(context))
            .dockerfile(new DockerfileSource.Inline("Dockerfile", text(dockerfile)))
            .tag("result");
    options.accept(request);
    return engine.build(request.build(), events::add);
  }

  /** Builds a Dockerfile for a listener of its own: for several builds at once. */
  public BuildResult build(
      String dockerfile, Consumer<BuildRequest.Builder> options, BuildListener listener) {
    BuildRequest.Builder request =
        BuildRequest.builder(new ContextSource.Directory(context))
            .dockerfile(new DockerfileSource.Inline("Dockerfile", text(dockerfile)));
    options.accept(request);
    return engine.build(request.build(), listener);
  }

  /** Builds what a request says. */
  public BuildResult build(BuildRequest request) {
    events.clear();
    return engine.build(request, events::add);
  }

  /** All events of the last build. */
  public List<BuildEvent> events() {
    return List.copyOf(events);
  }

  /** The instructions that were executed by the last build, in the order they began. */
  public List<String> ran() {
    List<String> names = new ArrayList<>();
    for (BuildEvent event : events) {
      if (event instanceof BuildEvent.StepStarted started && started.step().source().isPresent()) {
        names.add(started.step().name().replaceFirst("^\\[[^]]*] ", ""));
      }
    }
    return names;
  }

  /** Why an executed step was not in the cache. */
  public String reason(String instruction) {
    return events.stream()
        .filter(BuildEvent.StepStarted.class::isInstance)
        .map(BuildEvent.StepStarted.class::cast)
        .filter(started -> started.step().name().endsWith(instruction))
        .map(started -> started.missReason().orElse(""))
        .findFirst()
        .orElseThrow();
  }

  /** What RUN steps of the last build wrote. */
  public String output() {
    StringBuilder text = new StringBuilder();
    for (BuildEvent event : events) {
      if (event instanceof BuildEvent.StepOutput output) {
        text.append(new String(output.bytes(), StandardCharsets.UTF_8));
      }
    }
    return text.toString();
  }

  /** The image {@code result}. */
  public Image image() {
    return new Images(store).get("result");
  }

  /** The text of a file of the image {@code result}; null if there is none. */
  public @Nullable String file(String path) {
    try (FileTree root = store.layers().view(image().config().diffIds())) {
      Optional<TreeEntry> entry = root.find(BytePath.of(path));
      if (entry.isEmpty() || !(entry.get() instanceof TreeEntry.RegularFile file)) {
        return null;
      }
      try (InputStream in = file.content().open()) {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** An entry of the image {@code result}. */
  public TreeEntry entry(String path) {
    try (FileTree root = store.layers().view(image().config().diffIds())) {
      Optional<TreeEntry> entry = root.find(BytePath.of(path));
      assertThat(entry).as(path).isPresent();
      return entry.orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    engine.close();
    store.close();
  }
}
