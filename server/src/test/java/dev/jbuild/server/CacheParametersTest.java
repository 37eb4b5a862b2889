package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.CacheSource;
import dev.jbuild.engine.CacheTarget;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import io.vertx.core.MultiMap;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheParametersTest {
  private static BuildRequest request(String... pairs) {
    MultiMap query = MultiMap.caseInsensitiveMultiMap();
    for (int i = 0; i < pairs.length; i += 2) {
      query.add(pairs[i], pairs[i + 1]);
    }
    return BuildParameters.request(query, Path.of("context.tar"), StepBounds.NONE);
  }

  @Test
  void theyAreThoseOfTheCommand() {
    BuildRequest request =
        request(
            "cache-from", "host/app:cache",
            "cache-from", "type=registry,ref=host/lib:cache",
            "cache-to",
                "type=registry,ref=host/app:cache,mode=max,compression=zstd,ignore-error=true",
            "cache-to", "type=inline");
    assertThat(request.cacheFrom())
        .containsExactly(
            new CacheSource.Registry("host/app:cache"), new CacheSource.Registry("host/lib:cache"));
    assertThat(request.cacheTo())
        .containsExactly(
            new CacheTarget.Registry(
                "host/app:cache", new CacheTarget.Options(true, Compression.zstd(), false, true)),
            new CacheTarget.Inline());
    assertThat(request().cacheTo()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cache-to|type=local,dest=/x|cache-to type=local is not for builds over HTTP",
        "cache-from|type=local,src=/x|cache-from type=local is not for builds over HTTP",
        "cache-from|type=inline|an inline cache is read from its image",
        "cache-to|type=registry|needs ref=",
        "cache-to|type=gha|type=gha is not supported",
        "cache-to|ref=a|needs type=",
        "cache-to|type=registry,ref=a,mode=all|mode is min or max",
        "cache-to|type=registry,ref=a,compression=estargz|compression=estargz is not supported",
        "cache-to|type=registry,ref=a,secret=x|takes no \"secret\"",
        "cache-to|type=inline,mode=max|has mode=min only",
        "cache-from|type=registry,nonsense|is not key=value"
      })
  void whatTheyCannotBeIsRefused(String name, String value, String message) {
    assertThatThrownBy(() -> request(name, value))
        .isInstanceOf(BuildFailure.class)
        .hasMessageContaining(message);
  }
}
