package dev.jbuild.registry;

import static dev.jbuild.registry.fixture.MemoryRegistry.request;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.fixture.BlinkingNames;
import dev.jbuild.registry.fixture.HttpStub;
import dev.jbuild.registry.fixture.TestOptions;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * What every transport does with a registry that misbehaves. Here is what asks for patience: a busy
 * server, a slow one, a silent one, a name that is gone.
 */
abstract class PatienceMisbehaviour extends ManifestMisbehaviour {
  @Test
  void burstOf503IsWaitedOut() {
    HttpStub.Handler busy = exchange -> exchange.error(503, "UNAVAILABLE", "try later");
    memory.stub().when(request("GET", "/manifests/"), 2, busy);
    memory.stub().when(theLayer(), 3, busy);
    pullsAllTheSame();
    assertThat(events).hasAtLeastOneElementOfType(TransferEvent.Retrying.class);
  }

  @Test
  void lasting503IsAnErrorInTheRegistrysWords() {
    memory
        .stub()
        .when(
            theLayer(), FOREVER, exchange -> exchange.error(503, "UNAVAILABLE", "storage is down"));
    RegistryFailure failure = pullFails();
    assertThat(failure.status()).isEqualTo(503);
    assertThat(failure.text()).contains("503 UNAVAILABLE \"storage is down\"");
    storeHasNoLayer();
  }

  @Test
  void retryAfterIsObeyed() {
    memory
        .stub()
        .when(
            theLayer(),
            1,
            exchange ->
                exchange.error(429, "TOOMANYREQUESTS", "slow down", Map.of("Retry-After", "1")));
    pullsAllTheSame();
    assertThat(events)
        .filteredOn(TransferEvent.Retrying.class::isInstance)
        .map(TransferEvent.Retrying.class::cast)
        .anySatisfy(
            event -> assertThat(event.pause()).isGreaterThanOrEqualTo(Duration.ofSeconds(1)));
  }

  @Test
  void retryAfterBeyondPatienceFailsAtOnceAndSaysWhen() {
    AtomicInteger asked = new AtomicInteger();
    memory
        .stub()
        .when(
            exchange -> exchange.path().contains("/manifests/"),
            FOREVER,
            exchange -> {
              asked.incrementAndGet();
              exchange.error(
                  429,
                  "TOOMANYREQUESTS",
                  "You have reached your pull rate limit",
                  Map.of("Retry-After", "3600"));
            });
    RegistryFailure failure = pullFails();
    assertThat(failure.status()).isEqualTo(429);
    assertThat(failure.code()).contains("TOOMANYREQUESTS");
    assertThat(failure.text()).contains("pull rate limit");
    assertThat(failure.hint()).hasValueSatisfying(hint -> assertThat(hint).contains("mirror"));
    assertThat(asked).hasValueLessThanOrEqualTo(2);
  }

  @Test
  void bodyThatTricklesIsGivenUp() {
    memory
        .stub()
        .when(
            theLayer(),
            FOREVER,
            exchange -> {
              OutputStream out =
                  exchange.head(200, Map.of("Content-Length", Integer.toString(layer.length)));
              for (byte b : layer) {
                out.write(b);
                out.flush();
                pause(20);
              }
            });
    RegistryFailure failure = pullFails(TestOptions.PATIENT.response(), Duration.ofMillis(600));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
    assertThat(failure.text()).contains("bytes arrived in 600 ms");
    storeHasNoLayer();
  }

  @Test
  void nameThatIsNotFoundForAMomentIsLookedUpAgain() {
    String host = BlinkingNames.goneFor(2) + ":" + memory.port();
    assertThat(tagsOf(host)).containsExactly("1");
    assertThat(events)
        .filteredOn(TransferEvent.Retrying.class::isInstance)
        .map(TransferEvent.Retrying.class::cast)
        .hasSize(2)
        .allSatisfy(event ->
            assertThat(event.cause())
                .contains("cannot be resolved", "Temporary failure in name resolution"))
        .allSatisfy(event -> assertThat(event.pause()).isPositive());
  }

  @Test
  void nameThatIsNeverFoundIsOneErrorAfterAllAttempts() {
    String host = BlinkingNames.goneFor(FOREVER);
    RegistryFailure failure = catchThrowableOfType(RegistryFailure.class, () -> tagsOf(host));
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
    assertThat(failure.text())
        .isEqualTo(
            "list tags of "
                + host
                + "/team/app: the host name cannot be resolved ("
                + host
                + ": Temporary failure in name resolution) (4 attempts)");
  }

  private List<String> tagsOf(String host) {
    RegistryOptions options = options().insecureRegistry(host).build();
    try (Registry registry = open(options)) {
      return registry.tags(new RepositoryName(host, REPOSITORY));
    }
  }

  @Test
  void silenceIsGivenUp() {
    memory
        .stub()
        .when(
            exchange -> exchange.path().contains("/manifests/"),
            FOREVER,
            exchange -> pause(120_000));
    RegistryFailure failure = pullFails(Duration.ofMillis(500), TestOptions.PATIENT.idle());
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAVAILABLE);
  }

  /** The registry that is slow or silent; no test waits by it. */
  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
