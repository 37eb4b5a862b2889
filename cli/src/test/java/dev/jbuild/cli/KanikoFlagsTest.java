package dev.jbuild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class KanikoFlagsTest {
  /** Every flag of Kaniko 1.24. */
  private static final Set<String> KANIKO =
      Set.of(
          "--build-arg",
          "--cache",
          "--cache-copy-layers",
          "--cache-dir",
          "--cache-repo",
          "--cache-run-layers",
          "--cache-ttl",
          "--cleanup",
          "--compressed-caching",
          "--compression",
          "--compression-level",
          "--context",
          "--context-sub-path",
          "--credential-helpers",
          "--custom-platform",
          "--destination",
          "--digest-file",
          "--dockerfile",
          "--force",
          "--force-build-metadata",
          "--git",
          "--ignore-path",
          "--ignore-var-run",
          "--image-download-retry",
          "--image-fs-extract-retry",
          "--image-name-tag-with-digest-file",
          "--image-name-with-digest-file",
          "--insecure",
          "--insecure-pull",
          "--insecure-registry",
          "--kaniko-dir",
          "--label",
          "--log-format",
          "--log-timestamp",
          "--no-push",
          "--no-push-cache",
          "--oci-layout-path",
          "--push-ignore-immutable-tag-errors",
          "--push-retry",
          "--registry-certificate",
          "--registry-client-cert",
          "--registry-map",
          "--registry-mirror",
          "--reproducible",
          "--single-snapshot",
          "--skip-default-registry-fallback",
          "--skip-push-permission-check",
          "--skip-tls-verify",
          "--skip-tls-verify-pull",
          "--skip-tls-verify-registry",
          "--skip-unused-stages",
          "--snapshot-mode",
          "--tar-path",
          "--target",
          "--use-new-run",
          "--verbosity");

  @TempDir Path directory;
  private final TestConsole console = new TestConsole();

  @Test
  void everyFlagOfKanikoIsKnown() {
    Set<String> known =
        new TreeSet<>(
            new CommandLine(new ExecutorCommand()).getCommandSpec().optionsMap().keySet());

    assertThat(known).containsAll(KANIKO);
  }

  @Test
  void aBuildWithoutPushWritesItsFiles() throws Exception {
    Files.writeString(
        directory.resolve("Dockerfile"), "FROM scratch\nARG A\nCOPY Dockerfile /\nLABEL a=$A\n");
    Path digest = directory.resolve("digest");

    int code =
        console.run(
            "executor",
            "--root",
            directory.resolve("store").toString(),
            "--context",
            "dir://" + directory,
            "--destination",
            "registry.example/team/app:1",
            "--no-push",
            "--build-arg",
            "A=1",
            "--digest-file",
            digest.toString(),
            "--image-name-with-digest-file",
            directory.resolve("name").toString(),
            "--image-name-tag-with-digest-file",
            directory.resolve("tagged").toString(),
            "--tar-path",
            directory.resolve("image.tar").toString(),
            "--verbosity=error",
            "--cache-ttl=24h",
            "--cleanup",
            "--use-new-run=true");

    assertThat(console.err())
        .isEqualTo(
            """
            warning: --use-new-run has no effect here: changes are found by the kernel's overlay, always whole
            warning: --cleanup has no effect here: steps run in a root file system of their own
            warning: --cache-ttl has no effect here: the cache is in the store (--root)
            """);
    assertThat(code).isEqualTo(0);
    assertThat(digest).content().matches("sha256:[0-9a-f]{64}");
    String name = Files.readString(digest);
    assertThat(directory.resolve("name")).hasContent("registry.example/team/app@" + name);
    assertThat(directory.resolve("tagged")).hasContent("registry.example/team/app:1@" + name);
    assertThat(directory.resolve("image.tar")).isNotEmptyFile();
  }

  @Test
  void flagsThatWouldChangeTheResultAreRefused() {
    for (String flag :
        Set.of(
            "--single-snapshot",
            "--cache-repo=x/y",
            "--git=branch=x",
            "--insecure-pull",
            "--skip-tls-verify-pull",
            "--registry-client-cert=a=b",
            "--push-ignore-immutable-tag-errors",
            "--skip-default-registry-fallback")) {
      TestConsole fresh = new TestConsole();

      assertThat(fresh.run("executor", "--no-push", "-c", directory.toString(), flag))
          .as(flag)
          .isEqualTo(2);
      assertThat(fresh.err())
          .startsWith("error: " + flag.replaceFirst("=.*", "") + " is not supported yet");
    }
  }

  @Test
  void aPushNeedsADestination() {
    assertThat(console.run("executor", "-c", directory.toString())).isEqualTo(2);
    assertThat(console.err())
        .isEqualTo(
            "error: executor needs --destination\nhint: or --no-push, to build without pushing\n");
  }
}
