package dev.jbuild.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jbuild.registry.MisbehaviourContract;
import dev.jbuild.registry.Registry;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import java.util.Map;
import org.junit.jupiter.api.Test;

class HttpMisbehaviourTest extends MisbehaviourContract {
  @Override
  protected Registry open(RegistryOptions options) {
    return new HttpTransport(options);
  }

  @Test
  void pullLimitIsToldWithWhatIsLeftOfIt() {
    memory
        .stub()
        .when(
            exchange -> exchange.path().contains("/manifests/"),
            Integer.MAX_VALUE,
            exchange ->
                exchange.error(
                    429,
                    "TOOMANYREQUESTS",
                    "You have reached your pull rate limit",
                    Map.of(
                        "Retry-After", "3600",
                        "RateLimit-Limit", "100;w=21600",
                        "RateLimit-Remaining", "0;w=21600")));
    RegistryFailure failure = pullFails();
    assertThat(failure.text())
        .contains("429 ", "pull rate limit", "wait 3600 s", "limit 100 in 21600 s, 0 left");
  }
}
