package dev.jbuild.registry;

import static dev.jbuild.registry.fixture.MemoryRegistry.noise;
import static dev.jbuild.registry.fixture.MemoryRegistry.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Descriptor;
import dev.jbuild.oci.Digest;
import dev.jbuild.registry.fixture.Exchange;
import dev.jbuild.registry.fixture.HttpStub;
import dev.jbuild.registry.fixture.TestImage;
import dev.jbuild.store.Store;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What every transport does with a registry that misbehaves: it ends in success after another try,
 * or in one clear error in time, and the store holds nothing that is not whole. Here are uploads:
 * broken, forgotten, damaged, refused.
 */
public abstract class MisbehaviourContract extends AccessMisbehaviour {
  private byte[] large() {
    return noise(77, 3_000_000);
  }

  private void pushesAllTheSame() {
    pushes(client(store(), options()), large());
  }

  private void pushes(RegistryClient client, byte[] bytes) {
    try (Store store = Store.open(root(), "test")) {
      Descriptor root = TestImage.of(LINUX, List.of(bytes)).into(store);
      ImageName target = ImageName.parse(memory.host() + "/pushed/app:2");
      assertThat(client.pusher().push(root, List.of(target))).isEqualTo(root.digest());
      assertThat(memory.blob("pushed/app", Digest.of(bytes))).isEqualTo(bytes);
      assertThat(memory.manifest("pushed/app", "2")).isNotNull();
    }
  }

  private static boolean uploading(Exchange exchange) {
    return exchange.path().contains("/blobs/uploads/")
        && (exchange.method().equals("PATCH") || exchange.method().equals("PUT"))
        && exchange.header("Content-Length").filter("0"::equals).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 1_500_000})
  void dropInTheMiddleOfAnUploadIsOvercome(int after) {
    memory.stub().when(MisbehaviourContract::uploading, 1, memory.breakUploadAfter(after));
    pushesAllTheSame();
  }

  @Test
  void dropIsOvercomeWhenTheRegistryKeptNothing() {
    memory.keepsBroken = false;
    memory.stub().when(MisbehaviourContract::uploading, 1, memory.breakUploadAfter(2_000_000));
    pushesAllTheSame();
  }

  @Test
  void dropIsOvercomeWhenTheRegistryForgotTheUpload() {
    HttpStub.Handler breaking = memory.breakUploadAfter(1_000_000);
    memory
        .stub()
        .when(
            MisbehaviourContract::uploading,
            1,
            exchange -> {
              breaking.handle(exchange);
              memory.forgetUploads();
            });
    pushesAllTheSame();
  }

  @Test
  void uploadGoesOnThoughAnswersForgetTheLocation() {
    memory.tellsLocation = false;
    if (resumesUploads()) {
      pushesAllTheSame();
      return;
    }
    RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, this::pushesAllTheSame);
    assertThat(failure.text()).contains("Location");
  }

  @Test
  void uploadWithoutALocationIsAnError() {
    memory
        .stub()
        .when(
            request("POST", "/blobs/uploads/"),
            FOREVER,
            exchange -> exchange.answer(202, Map.of()));
    RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, this::pushesAllTheSame);
    assertThat(failure.text()).contains("Location");
  }

  @Test
  void burstOf503DuringAnUploadIsWaitedOut() {
    HttpStub.Handler busy = exchange -> exchange.error(503, "UNAVAILABLE", "try later");
    memory.stub().when(request("POST", "/blobs/uploads/"), 2, busy);
    memory.stub().when(MisbehaviourContract::uploading, 2, busy);
    memory.stub().when(request("PUT", "/manifests/"), 2, busy);
    pushesAllTheSame();
  }

  @Test
  void uploadThatArrivesDamagedIsSentOnceMore() {
    AtomicInteger count = new AtomicInteger();
    memory
        .stub()
        .when(
            exchange ->
                exchange.path().contains("/blobs/uploads/")
                    && exchange.method().equals("PUT")
                    && count.getAndIncrement() == 0,
            1,
            exchange -> {
              exchange.body();
              memory.forgetUploads();
              exchange.error(400, "DIGEST_INVALID", "provided digest did not match");
            });
    pushesAllTheSame();
  }

  @Test
  void refusedPushSaysSoBeforeALongBuild() {
    memory.guard(exchange -> {
      if (exchange.method().equals("POST")) {
        exchange.error(403, "DENIED", "read only");
      }
    });
    RegistryClient client = client(store(), options());
    RegistryFailure failure =
        catchThrowableOfType(RegistryFailure.class, () -> client.pusher().probe(name()));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAUTHORIZED);
    assertThat(failure.text()).contains("403 DENIED \"read only\"").contains(REPOSITORY);
  }

  @Test
  void tokenThatEndsDuringAnUploadIsRenewed() {
    AtomicInteger number = new AtomicInteger();
    Set<String> good = ConcurrentHashMap.newKeySet();
    try (HttpStub tokens =
        new HttpStub(exchange -> {
          String token = "token-" + number.incrementAndGet();
          good.add("Bearer " + token);
          String json = "{\"token\":\"" + token + "\",\"expires_in\":300}";
          exchange.answer(200, Map.of(), json.getBytes(StandardCharsets.UTF_8));
        })) {
      memory.guard(exchange -> {
        if (!good.contains(exchange.header("Authorization").orElse(""))) {
          exchange.error(
              401,
              "UNAUTHORIZED",
              "token expired",
              Map.of(
                  "WWW-Authenticate",
                  "Bearer realm=\"http://"
                      + tokens.host()
                      + "/token\",service=\"s\",scope=\"repository:pushed/app:pull,push\""));
        }
      });
      // The token ends exactly when the first large body is under way.
      memory
          .stub()
          .when(
              MisbehaviourContract::uploading,
              1,
              exchange -> {
                exchange.body();
                good.clear();
                exchange.error(
                    401,
                    "UNAUTHORIZED",
                    "token expired",
                    Map.of(
                        "WWW-Authenticate",
                        "Bearer realm=\"http://" + tokens.host() + "/token\",service=\"s\""));
              });
      pushesAllTheSame();
    }
  }
}
