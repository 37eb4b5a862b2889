package dev.jbuild.engine.cache;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class CacheKeyTest {
  @Test
  void equalFieldsGiveEqualKeys() {
    assertThat(CacheKey.of("run").add("a", "b").build())
        .isEqualTo(CacheKey.of("run").add("a", "b").build());
  }

  @Test
  void noValueCanImitateAnotherListOfFields() {
    List<CacheKey> keys =
        List.of(
            CacheKey.of("run").add("a", "b").add("c", "d").build(),
            CacheKey.of("run").add("a", "bc").add("", "d").build(),
            CacheKey.of("run").add("a", List.of("b", "c", "d")).build(),
            CacheKey.of("run").add("a", List.of("b", "cd")).build(),
            CacheKey.of("run").add("a", List.of("b c d")).build(),
            CacheKey.of("runa").add("b", List.of("c", "d")).build(),
            CacheKey.of("run").add("c", "d").add("a", "b").build());
    assertThat(keys.stream().map(CacheKey::digest)).doesNotHaveDuplicates();
  }
}
