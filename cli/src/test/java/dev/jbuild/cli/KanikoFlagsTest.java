package dev.jbuild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
            warning: --cache-ttl has no effect here: what is kept stays right, however old it is
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
            "--git=branch=x",
            "--insecure-pull",
            "--skip-tls-verify-pull",
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
  void jobsShareStepsInTheCacheRepository() throws Exception {
    Files.writeString(directory.resolve("Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
    String cache = "--cache-repo=oci:" + directory.resolve("cache");

    assertThat(job("one", "--cache", cache, "--no-push-cache")).isEqualTo(0);
    assertThat(directory.resolve("cache")).doesNotExist();

    assertThat(job("two", "--cache", cache)).isEqualTo(0);
    assertThat(directory.resolve("cache/oci-layout")).exists();

    TestConsole third = new TestConsole();
    assertThat(job(third, "three", "--cache", cache)).isEqualTo(0);
    assertThat(third.err()).contains("CACHED");
  }

  @Test
  void aLogInJsonIsJsonFromItsFirstLine() throws Exception {
    Files.writeString(directory.resolve("Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");

    assertThat(job("one", "--log-format=json", "--force")).isEqualTo(0);
    assertThat(console.err().lines()).allMatch(line -> line.startsWith("{"));
    assertThat(console.err())
        .startsWith("{\"type\":\"warning\",\"message\":\"--force has no effect here");
  }

  @Test
  void aCacheRepositoryHasNoTag() throws Exception {
    Files.writeString(directory.resolve("Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");

    assertThat(job("one", "--cache", "--cache-repo=r.example/team/cache:tag")).isEqualTo(2);
    assertThat(console.err())
        .isEqualTo(
            """
            error: --cache-repo is a repository, without tag or digest
            hint: --cache-repo r.example/team/cache
            """);
  }

  @Test
  void certificatesCountForTheirHostAlone() throws Exception {
    Path file = Files.writeString(directory.resolve("file"), "PEM");
    KanikoFlags flags = new KanikoFlags();
    flags.certificates.add("one.test:5000=" + file);
    flags.clientCertificates.add("two.test=" + file + "," + file);

    Path folders = KanikoCertificates.layOut(flags, directory).orElseThrow();

    assertThat(folders.resolve("one.test:5000/0.crt")).hasContent("PEM");
    assertThat(folders.resolve("two.test/1.cert")).hasContent("PEM");
    assertThat(folders.resolve("two.test/1.key")).isSymbolicLink();
    assertThat(folders).isDirectoryNotContaining("glob:**/one.test");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--registry-certificate=/ca.pem",
        "--registry-certificate=../up=/ca.pem",
        "--registry-client-cert=host=/only-one",
      })
  void malformedCertificatesAreWrongUsage(String flag) throws Exception {
    Files.writeString(directory.resolve("Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");

    assertThat(job("one", flag)).isEqualTo(2);
    assertThat(console.err()).contains(" is not HOST=");
  }

  private int job(String store, String... flags) {
    return job(console, store, flags);
  }

  private int job(TestConsole on, String store, String... flags) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "executor",
                "--no-push",
                "--root",
                directory.resolve(store).toString(),
                "-c",
                directory.toString()));
    arguments.addAll(List.of(flags));
    return on.run(arguments.toArray(String[]::new));
  }

  @Test
  void aPushNeedsADestination() {
    assertThat(console.run("executor", "-c", directory.toString())).isEqualTo(2);
    assertThat(console.err())
        .isEqualTo(
            "error: executor needs --destination\nhint: or --no-push, to build without pushing\n");
  }
}
