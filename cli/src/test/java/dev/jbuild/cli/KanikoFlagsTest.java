package dev.jbuild.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class KanikoFlagsTest {
  /** Every flag of Kaniko 1.24. */
  private static final Set<String> KANIKO =
      Set.of(
          "--azure-container-registry-config",
          "--bucket",
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
          "--verbosity",
          "--whitelist-var-run");

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

  record Refused(String flag, String error) {
    @Override
    public String toString() {
      return flag;
    }
  }

  static Stream<Refused> refused() {
    return Stream.of(
        new Refused("--single-snapshot", "--single-snapshot is not supported"),
        new Refused("--push-ignore-immutable-tag-errors", "-errors is not supported"),
        new Refused("--bucket=b", "--bucket is not supported"),
        new Refused("-bb", "--bucket is not supported"),
        new Refused("--git=branch=x", "--git is for contexts that begin with git://"),
        new Refused("--cleanup=maybe", "'maybe' is not a boolean"),
        new Refused("--push-retry=often", "'often' is not an int"),
        new Refused("--snapshot-mode=quick", "--snapshot-mode \"quick\" is not known"),
        new Refused("--cache-ttl=6", "--cache-ttl \"6\" is not a length of time"),
        new Refused("--registry-map=docker.io", "--registry-map \"docker.io\" is not FROM=TO"),
        new Refused("--dockerfile=https://x.example/D", "a Dockerfile at a URL"),
        new Refused("--destination=Not:A:Name", "invalid image name \"Not:A:Name\""),
        new Refused("--custom-platform=nonsense", "invalid platform \"nonsense\""),
        new Refused("--image-name-with-digest-file=/dev/null", "needs --destination"),
        new Refused("--digest-file=gs://bucket/digest", "\"gs://bucket/digest\" is a URL"),
        new Refused("--digest-file=/no/such/digest", "there is no directory \"/no/such\""),
        new Refused("--tar-path=/dev", "--tar-path \"/dev\": is a directory"),
        new Refused("--compression-level=99", "level 99 is not between"));
  }

  @ParameterizedTest
  @MethodSource
  void refused(Refused row) throws Exception {
    Files.writeString(directory.resolve("Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");

    assertThat(job("store", row.flag())).isEqualTo(2);
    assertThat(console.err()).startsWith("error: ").contains(row.error()).doesNotContain("built");
  }

  @Test
  void runStepsThatAreNeverToBeCachedAreRefusedWithACache() throws Exception {
    assertThat(job("store", "--cache", "--cache-run-layers=false")).isEqualTo(2);
    assertThat(console.err()).contains("leave --cache away");
  }

  @Test
  void shortFlagsMayHaveTheirValueAttached() throws Exception {
    Files.writeString(directory.resolve("D"), "FROM scratch\nCOPY D /\n");

    assertThat(job("store", "-fD", "-v=error", "-dregistry.example/a:1")).isEqualTo(0);
    assertThat(console.err()).isEmpty();
  }

  @Test
  void theEnvironmentOfKanikoCounts() throws Exception {
    Files.writeString(directory.resolve("Dockerfile"), "FROM scratch\nCOPY Dockerfile /\n");
    console.env.put("KANIKO_NO_PUSH", "true");
    console.env.put("KANIKO_REGISTRY_MAP", "nonsense");
    String store = directory.resolve("store").toString();

    assertThat(console.run("executor", "--root", store, "-c", directory.toString())).isEqualTo(2);
    assertThat(console.err()).contains("--registry-map \"nonsense\" is not FROM=TO");
    console.env.put("KANIKO_REGISTRY_MAP", "docker.io=mirror.example");
    assertThat(console.run("executor", "--root", store, "-c", directory.toString())).isEqualTo(0);
  }

  /** The mirror is asked with the credentials of Kaniko's folder, and Docker Hub is not asked. */
  @Test
  void credentialsOfKanikosFolderAndMirrorsAlone() throws Exception {
    Files.writeString(directory.resolve("Dockerfile"), "FROM base\n");
    Path docker = Files.createDirectories(directory.resolve("kaniko/.docker"));
    List<String> seen = new CopyOnWriteArrayList<>();
    HttpServer registry =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    registry.createContext(
        "/",
        exchange -> {
          seen.add(
              exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Authorization"));
          exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"test\"");
          exchange.sendResponseHeaders(
              exchange.getRequestHeaders().containsKey("Authorization") ? 404 : 401, -1);
          exchange.close();
        });
    registry.start();
    try {
      String host = "127.0.0.1:" + registry.getAddress().getPort();
      Files.writeString(
          docker.resolve("config.json"),
          "{\"auths\":{\"" + host + "\":{\"auth\":\"" + "dTpw" + "\"}}}");
      console.env.put("KANIKO_DIR", directory.resolve("kaniko").toString());

      assertThat(job("store", "--registry-mirror=" + host, "--skip-default-registry-fallback"))
          .isEqualTo(1);
    } finally {
      registry.stop(0);
    }
    assertThat(seen).contains("/v2/library/base/manifests/latest Basic dTpw");
    assertThat(console.err()).contains("Dockerfile:1:6").doesNotContain("cannot be resolved");
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

    Path folders = KanikoCertificates.layOut(flags, () -> directory).orElseThrow();

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
