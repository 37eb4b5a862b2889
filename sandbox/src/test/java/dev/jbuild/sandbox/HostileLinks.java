package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Images and steps with links where the launcher mounts, masks and makes something. */
abstract class HostileLinks extends HostileAppetite {

  static List<String> mountTargets() {
    return List.of(
        "/proc",
        "/dev",
        "/sys",
        "/dev/shm",
        "/cache",
        "/run",
        "/run/secrets",
        "/etc",
        "/etc/hosts",
        "/w");
  }

  /** Links in the image where the launcher puts something, to a place outside. */
  @Test
  void linksWhereMountsGoLeadNowhereOutside() throws IOException {
    for (String target : mountTargets()) {
      dir = Files.createDirectory(dir.resolve("x"));
      rig = rig(dir).withAttack();
      linkAt(target);
    }
  }

  /**
   * A /proc or /sys of the image that is a link to the root, or leads through the directory that
   * the mount covers: what is masked and read-only in it would not be found, and the whole of it be
   * at "/.." or in that directory.
   */
  @Test
  void linkInPlaceOfProcOrSysUncoversNothing() throws Exception {
    for (String target : List.of("proc", "sys")) {
      for (String link : List.of("/", ".", "../..", "/x/y/..")) {
        dir = Files.createDirectory(dir.resolve("x"));
        rig = rig(dir);
        Files.createDirectories(rig.lower.resolve("x/y"));
        Files.createSymbolicLink(rig.lower.resolve(target), Path.of(link));
        String text = "";
        try {
          text =
              rig.sh("for at in /.. /x; do ls -d $at/sys/kernel $at/kernel/mm $at/self; done; true")
                  .text();
        } catch (BuildFailure _) {
          // Refused, as runc does.
        }
        assertThat(text).as(target + " -> " + link).doesNotContain("/kernel\n", "/mm\n", "/self\n");
      }
    }
  }

  @Test
  void readOnlyMountBehindALinkStaysReadOnly() throws Exception {
    for (String link : List.of("/", "/x/y/..")) {
      dir = Files.createDirectory(dir.resolve("x"));
      rig = rig(dir);
      Path source = Files.createDirectory(dir.resolve("source"));
      Files.createSymbolicLink(source.resolve("y"), Path.of("/dev/shm/a"));
      Files.createDirectories(rig.lower.resolve("x/y"));
      Files.createSymbolicLink(rig.lower.resolve("m"), Path.of(link));
      try {
        rig.sh(
            "touch /../new /x/new /m/new 2> /dev/null; true",
            b -> b.mount(RuntimeSpec.Mount.bind(source.toString(), "/m", true)));
      } catch (BuildFailure _) {
        // Refused.
      }
      assertThat(source.resolve("new")).as("m -> " + link).doesNotExist();
    }
  }

  private void linkAt(String target) throws IOException {
    Path outside = Files.createDirectory(dir.resolve("outside"));
    Files.writeString(outside.resolve("hosts"), "of the host");
    Path link = rig.lower.resolve(target.substring(1));
    Files.createDirectories(link.getParent());
    if (target.equals("/etc")) {
      Files.move(link, rig.lower.resolve("etc-was"));
    }
    Path to = target.equals("/etc/hosts") ? outside.resolve("hosts") : outside;
    Files.createSymbolicLink(
        link, target.equals("/cache") ? Path.of("/../../../../.." + to) : to.toAbsolutePath());
    Path cache = Files.createDirectory(dir.resolve("cache"));
    String text = "";
    try {
      text =
          rig.sh(
                  "cat "
                      + target
                      + " "
                      + target
                      + "/hosts; echo x > "
                      + target
                      + "/new; echo x > "
                      + target
                      + "; true",
                  b ->
                      b.mount(RuntimeSpec.Mount.bind(cache.toString(), "/cache", false))
                          .cwd("/w/deep")
                          .file(FileMount.readOnly("/etc/hosts", new byte[0]))
                          .file(FileMount.readOnly("/run/secrets/key", new byte[0])))
              .text();
    } catch (BuildFailure _) {
      // A launcher may refuse such an image; it must only not follow the link.
    }
    assertThat(text).doesNotContain("of the host");
    assertThat(outside.resolve("hosts")).hasContent("of the host");
    try (Stream<Path> names = Files.list(outside)) {
      assertThat(names.map(p -> p.getFileName().toString())).containsExactly("hosts");
    }
  }

  /** As another step can, that has the same cache at the time. */
  @Test
  void linksThatComeAndGoWhereMountsGoLeadNowhereOutside() throws Exception {
    assumeTrue(!rig.initIsTheStep, "a runtime of before runc 1.2 is not proof against it");
    assumeTrue(rig.mounts, "at tier C steps that share a cache take turns");
    Path outside = Files.createDirectory(dir.resolve("outside"));
    Files.writeString(outside.resolve("hosts"), "of the host");
    Path cache = Files.createDirectory(dir.resolve("cache"));
    Path place = cache.resolve("place");
    AtomicBoolean done = new AtomicBoolean();
    CountDownLatch flipping = new CountDownLatch(1);
    Thread other =
        new Thread(() -> {
          while (!done.get()) {
            try {
              Files.createSymbolicLink(place, outside);
              Files.delete(place);
              Files.createDirectory(place);
              Files.deleteIfExists(place.resolve("key"));
              Files.delete(place);
              flipping.countDown();
            } catch (IOException _) {
              // The step was quicker.
              deleteQuietly(place);
            }
          }
        });
    other.start();
    try {
      assertThat(flipping.await(120, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 30; i++) {
        String text = "";
        try {
          text =
              rig.sh(
                      "cat /cache/place/hosts /cache/place/key; echo x > /cache/place/new; true",
                      b ->
                          b.mount(RuntimeSpec.Mount.bind(cache.toString(), "/cache", false))
                              .file(FileMount.readOnly("/cache/place/key", new byte[0])))
                  .text();
        } catch (BuildFailure _) {
          // What is gone at that moment cannot be mounted on.
        }
        assertThat(text).doesNotContain("of the host");
      }
    } finally {
      done.set(true);
      other.join();
    }
    assertThat(outside.resolve("hosts")).hasContent("of the host");
    try (Stream<Path> names = Files.list(outside)) {
      assertThat(names.map(p -> p.getFileName().toString())).containsExactly("hosts");
    }
  }

  private static void deleteQuietly(Path path) {
    try (Stream<Path> walk = Files.walk(path)) {
      for (Path below : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(below);
      }
    } catch (IOException | UncheckedIOException _) {
      // Gone, or in use by the step.
    }
  }
}
