package dev.jbuild.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.oci.MediaType;
import dev.jbuild.registry.Logins;
import dev.jbuild.registry.Reference;
import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.RepositoryName;
import dev.jbuild.registry.auth.Challenge;
import dev.jbuild.registry.auth.Credential;
import dev.jbuild.registry.auth.CredentialStore;
import dev.jbuild.registry.fixture.Exchange;
import dev.jbuild.registry.fixture.HttpStub;
import dev.jbuild.registry.fixture.MemoryRegistry;
import dev.jbuild.registry.fixture.Nobody;
import dev.jbuild.registry.fixture.Peers;
import dev.jbuild.registry.fixture.TestOptions;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How hosts are reached and left: schemes, proxies, logins, start-up. */
@Timeout(value = 180, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ReachTest {
  @TempDir Path folder = Path.of("unset");

  private static RegistryFailure tagsFail(Registry registry, String host) {
    return catchThrowableOfType(
        RegistryFailure.class, () -> registry.tags(new RepositoryName(host, "a/b")));
  }

  @Test
  void nobodyListeningIsAnErrorThatNamesTheHost() {
    try (Nobody nobody = new Nobody();
        Registry registry = new HttpTransport(TestOptions.builder().build())) {
      RegistryFailure failure = tagsFail(registry, nobody.host());
      assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
      assertThat(failure.text()).contains(nobody.host()).contains("refused").contains("3 attempts");
      assertThat(failure.hint())
          .contains("nothing listens there: start the registry, or check host and port");
    }
  }

  @Test
  void unknownHostIsAnErrorInWords() {
    try (Registry registry = new HttpTransport(TestOptions.builder().build())) {
      RegistryFailure failure = tagsFail(registry, "registry.invalid");
      assertThat(failure.text())
          .startsWith("list tags of registry.invalid/a/b: ")
          .contains("cannot be resolved");
    }
  }

  @Test
  void hostWithoutAPortIsToldHowToNameOne() {
    assertThat(HostAccess.hints("127.0.0.1", new ConnectException("Connection refused")))
        .singleElement()
        .asString()
        .endsWith("if the registry has another port, write 127.0.0.1:PORT");
    assertThat(HostAccess.hints("registry-1.docker.io", new UnknownHostException("x")))
        .singleElement()
        .asString()
        .startsWith("a name without a host is one of Docker Hub");
    assertThat(HostAccess.hints("ghcr.io", new UnknownHostException("x"))).isEmpty();
  }

  @Test
  void loginIsKeptOnlyIfTheRegistryAcceptsIt() throws IOException {
    try (MemoryRegistry memory = new MemoryRegistry()) {
      String right = new Credential.Password("ann", "right", "").basicHeader();
      memory.guard(exchange -> {
        if (!exchange.header("Authorization").orElse("").equals(right)) {
          exchange.error(
              401, "UNAUTHORIZED", "no", Map.of("WWW-Authenticate", "Basic realm=\"r\""));
        }
      });
      RegistryOptions options =
          TestOptions.builder(Map.of("DOCKER_CONFIG", folder.toString())).build();
      for (Registry transport : List.of(new HttpTransport(options), new JibTransport(options))) {
        try (transport) {
          Logins logins = new Logins(transport, options);
          RegistryFailure failure =
              catchThrowableOfType(
                  RegistryFailure.class, () -> logins.login(memory.host(), "ann", "wrong"));
          assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAUTHORIZED);
          assertThat(failure.text()).contains("user \"ann\"").doesNotContain("wrong");
          assertThat(folder.resolve("config.json")).doesNotExist();
          assertThat(logins.login(memory.host(), "ann", "right"))
              .isEqualTo(
                  new Logins.Kept(folder.resolve("config.json").toString(), Optional.empty()));
          memory.addManifest("a", "1", MediaType.OCI_INDEX, "{}".getBytes(StandardCharsets.UTF_8));
          assertThat(transport.tags(new RepositoryName(memory.host(), "a"))).containsExactly("1");
          assertThat(logins.logout(memory.host())).isTrue();
          assertThat(logins.logout(memory.host())).isFalse();
          Files.delete(folder.resolve("config.json"));
        }
      }
    }
  }

  @Test
  void anEntryThatHidesANewerLoginIsNamed() throws IOException {
    try (MemoryRegistry memory = new MemoryRegistry()) {
      String right = new Credential.Password("ann", "right", "").basicHeader();
      memory.guard(exchange -> {
        if (!exchange.header("Authorization").orElse("").equals(right)) {
          exchange.error(
              401, "UNAUTHORIZED", "no", Map.of("WWW-Authenticate", "Basic realm=\"r\""));
        }
      });
      Path stale = Files.createDirectories(folder.resolve("containers")).resolve("auth.json");
      Files.writeString(
          stale,
          "{\"auths\":{\""
              + memory.host()
              + "\":{\"username\":\"old\",\"password\":\"hunter2\"}}}");
      RegistryOptions options =
          TestOptions.builder(
                  Map.of("XDG_RUNTIME_DIR", folder.toString(), "HOME", folder.toString()))
              .build();
      Path later = folder.resolve(".docker/config.json");
      for (Registry transport : List.of(new HttpTransport(options), new JibTransport(options))) {
        try (transport) {
          Logins.Kept kept =
              new Logins(transport, options).login(memory.host() + "/team", "ann", "right");
          assertThat(kept)
              .isEqualTo(
                  new Logins.Kept(later.toString(), Optional.of("user \"old\" from " + stale)));
          RegistryFailure failure =
              catchThrowableOfType(
                  RegistryFailure.class,
                  () -> transport.tags(new RepositoryName(memory.host(), "team/app")));
          assertThat(failure.text())
              .contains(
                  "(user \"old\" from "
                      + stale
                      + "; not tried: user \"ann\" from "
                      + later
                      + " for \""
                      + memory.host()
                      + "/team\")")
              .doesNotContain("hunter2");
          assertThat(failure.hint()).contains(Refusal.HIDDEN);
          Files.delete(later);
        }
      }
    }
  }

  @Test
  void loginIsForARepositoryNotAnImage() {
    RegistryOptions options = TestOptions.builder(Map.of("HOME", folder.toString())).build();
    try (Registry transport = new HttpTransport(options)) {
      Logins logins = new Logins(transport, options);
      for (String image : List.of("quay.io/team/app:1", "quay.io/team/app@sha256:0")) {
        BuildFailure failure =
            catchThrowableOfType(BuildFailure.class, () -> logins.login(image, "ann", "x"));
        assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.USER);
        assertThat(failure.hint()).contains("write \"quay.io/team/app\"");
      }
    }
  }

  @Test
  void tokenServerInTheClearGetsNoPasswordFromARegistryUnderTls() throws IOException {
    RegistryOptions options = TestOptions.builder().build();
    CredentialStore store =
        CredentialStore.fixed(
            "r.example",
            new Credential.Password("ann", "pw", "the test"),
            CredentialStore.anonymous());
    Authorizer authorizer =
        new Authorizer(
            options,
            new CredentialLookups(store),
            request -> {
              throw new AssertionError("it was asked");
            },
            Clock.systemUTC());
    BuildFailure failure =
        catchThrowableOfType(
            BuildFailure.class,
            () ->
                authorizer.challenged(
                    "r.example",
                    Scope.pull(new RepositoryName("r.example", "a")),
                    Challenge.parse(List.of("Bearer realm=\"http://tokens.example/token\"")),
                    null,
                    true));
    assertThat(failure.text()).contains("tokens.example in the clear");
  }

  /** A helper may be slow, or ask a person; blobs that go out together ask it once. */
  @Test
  void threadsThatNeedOneCredentialLookItUpOnce() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    AtomicReference<Runnable> other = new AtomicReference<>(() -> {});
    CredentialStore store =
        (host, path) -> {
          if (asked.incrementAndGet() == 1) {
            // Whoever comes while the first is at it waits, or asks too.
            Thread second = Thread.ofPlatform().start(other.get());
            while (asked.get() == 1 && second.getState() != Thread.State.WAITING) {
              Thread.onSpinWait();
            }
          }
          return new CredentialStore.Lookup(Optional.empty(), List.of());
        };
    Authorizer authorizer =
        new Authorizer(
            TestOptions.builder().build(),
            new CredentialLookups(store),
            request -> {
              throw new AssertionError("it was asked");
            },
            Clock.systemUTC());
    Scope scope = Scope.pull(new RepositoryName("r.example", "a"));
    Callable<Boolean> challenged =
        () ->
            authorizer.challenged(
                "r.example", scope, Challenge.parse(List.of("Basic realm=\"r\"")), null, true);
    FutureTask<Boolean> second = new FutureTask<>(challenged);
    other.set(second);
    assertThat(challenged.call()).isFalse();
    assertThat(second.get()).isFalse();
    assertThat(asked).hasValue(1);
  }

  private static void refuse(Exchange exchange, String method) throws IOException {
    if (exchange.method().equals(method)) {
      exchange.error(403, "DENIED", "not for " + method);
    }
  }

  @Test
  void whoMayPushButNotLookPushes() {
    try (MemoryRegistry memory = new MemoryRegistry();
        Registry registry = new HttpTransport(TestOptions.builder().build())) {
      memory.guard(exchange -> refuse(exchange, "HEAD"));
      byte[] bytes = MemoryRegistry.noise(1, 1000);
      Descriptor blob = Descriptor.of(MediaType.OCI_LAYER, Digest.of(bytes), bytes.length);
      Registry.Push how =
          registry.pushBlob(
              new RepositoryName(memory.host(), "a"),
              blob,
              offset -> new ByteArrayInputStream(bytes, (int) offset, bytes.length - (int) offset),
              Optional.empty());
      assertThat(how).isEqualTo(Registry.Push.UPLOADED);
      assertThat(memory.blob("a", blob.digest())).isEqualTo(bytes);
    }
  }

  /** An answer to HEAD has no body that could say why. */
  @Test
  void aPushThatIsDeniedHasTheRegistrysReason() {
    try (MemoryRegistry memory = new MemoryRegistry();
        Registry registry = new HttpTransport(TestOptions.builder().build())) {
      memory.guard(exchange -> {
        refuse(exchange, "HEAD");
        refuse(exchange, "POST");
      });
      byte[] bytes = new byte[9];
      Descriptor blob = Descriptor.of(MediaType.OCI_LAYER, Digest.of(bytes), bytes.length);
      RegistryFailure failure =
          catchThrowableOfType(
              RegistryFailure.class,
              () ->
                  registry.pushBlob(
                      new RepositoryName(memory.host(), "a"),
                      blob,
                      offset -> new ByteArrayInputStream(bytes),
                      Optional.empty()));
      assertThat(failure.text()).contains("403 DENIED \"not for POST\"");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"http://[", "http://127.0.0.1:x/", " "})
  void anUploadThatIsBegunAtNoUrlIsPermissionAllTheSame(String location) {
    try (HttpStub stub =
            new HttpStub(exchange ->
                exchange.answer(
                    exchange.method().equals("POST") ? 202 : 200, Map.of("Location", location)));
        Registry registry = new HttpTransport(TestOptions.builder().build())) {
      RepositoryName there = new RepositoryName(stub.host(), "a");
      registry.probePush(there);
      Descriptor blob = Descriptor.of(MediaType.OCI_LAYER, Digest.of(new byte[1]), 1);
      assertThat(registry.mountBlob(there, blob, new RepositoryName(stub.host(), "b"))).isFalse();
    }
  }

  @Test
  void aRefusalByAHostThatTheRegistrySentUsToBlamesNoAccount() {
    try (HttpStub store =
            new HttpStub(exchange -> exchange.error(403, "AccessDenied", "it has expired"));
        HttpStub stub =
            new HttpStub(exchange ->
                exchange.answer(307, Map.of("Location", "http://" + store.host() + "/x")));
        Registry registry = new HttpTransport(TestOptions.builder().build())) {
      assertThat(tagsFail(registry, stub.host()).text())
          .contains("GET http://" + store.host() + "/x: 403 AccessDenied")
          .contains("(" + stub.host() + " sent us there; credentials go to itself only)");
    }
  }

  @Test
  void anonymousRefusalSaysWhereCredentialsWereLookedFor() throws IOException {
    Path file = Files.writeString(folder.resolve("config.json"), "{\"auths\":{}}");
    try (MemoryRegistry memory = new MemoryRegistry()) {
      memory.guard(exchange ->
          exchange.error(
              401, "UNAUTHORIZED", "no", Map.of("WWW-Authenticate", "Basic realm=\"r\"")));
      RegistryOptions options =
          TestOptions.builder(Map.of("DOCKER_CONFIG", folder.toString())).build();
      try (Registry registry = new HttpTransport(options)) {
        RegistryFailure failure =
            catchThrowableOfType(
                RegistryFailure.class,
                () ->
                    registry.manifest(new RepositoryName(memory.host(), "a"), Reference.tag("1")));
        assertThat(failure.text())
            .contains("401 UNAUTHORIZED \"no\"")
            .contains("no credential for \"" + memory.host() + "\" in " + file);
        assertThat(failure.hint())
            .contains("run \"jbuild login " + memory.host() + "\", or check the name");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"RSA", "EC"})
  void keysOfOpensslAreReadInEveryDress(String algorithm) throws Exception {
    Peers.need("openssl");
    Path pkcs8 = folder.resolve("key.p8");
    Path old = folder.resolve("key.old");
    if (algorithm.equals("RSA")) {
      Peers.run(Map.of(), "openssl", "genrsa", "-out", pkcs8.toString(), "2048");
      Peers.run(
          Map.of(),
          "openssl",
          "rsa",
          "-in",
          pkcs8.toString(),
          "-traditional",
          "-out",
          old.toString());
    } else {
      Peers.run(
          Map.of(), "openssl", "ecparam", "-name", "prime256v1", "-genkey", "-out", old.toString());
      Peers.run(
          Map.of(),
          "openssl",
          "pkcs8",
          "-topk8",
          "-nocrypt",
          "-in",
          old.toString(),
          "-out",
          pkcs8.toString());
    }
    assertThat(Files.readString(old)).contains("BEGIN " + algorithm + " PRIVATE KEY");
    assertThat(number(Pem.privateKey(old))).isEqualTo(number(Pem.privateKey(pkcs8)));
  }

  private static BigInteger number(PrivateKey key) {
    return switch (key) {
      case ECPrivateKey ec -> ec.getS();
      case RSAPrivateKey rsa -> rsa.getPrivateExponent();
      default -> throw new AssertionError(key.getAlgorithm());
    };
  }

  /** A build that needs no registry must not pay for one. */
  @Test
  void openingATransportLoadsNoHttpClassAndNothingOfJib() throws Exception {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String loaded =
        Peers.run(
            Map.of(),
            java,
            "-Xshare:auto",
            "-Xlog:class+load",
            "-cp",
            System.getProperty("java.class.path"),
            OpensTransports.class.getName());
    assertThat(loaded).contains("dev.jbuild.registry.wire.HttpTransport");
    assertThat(
            Stream.of(loaded.split("\n"))
                .filter(line ->
                    line.contains(" java.net.http.")
                        || line.contains(" jdk.internal.net.http.")
                        || line.contains(" com.google.")
                        || line.contains(" org.apache.http.")))
        .isEmpty();
  }

  /** The program whose classes are counted. */
  public static final class OpensTransports {
    private OpensTransports() {}

    public static void main(String[] args) {
      Transports.open(RegistryOptions.builder(Map.of()).build()).close();
    }
  }
}
