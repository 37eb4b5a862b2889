package dev.jbuild.dockerfile.expand;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PersistentMapTest {
  @Test
  void everyVersionStaysWhatItWas() {
    Random random = new Random(7);
    PersistentMap<Integer> map = PersistentMap.empty();
    Map<String, Integer> expected = new LinkedHashMap<>();
    List<PersistentMap<Integer>> versions = new ArrayList<>();
    List<Map<String, Integer>> copies = new ArrayList<>();
    for (int i = 0; i < 3_000; i++) {
      String key = "k" + random.nextInt(500);
      map = map.with(key, i);
      expected.put(key, i);
      if (i % 300 == 0) {
        versions.add(map);
        copies.add(new LinkedHashMap<>(expected));
      }
    }
    assertThat(map.toMap()).containsExactlyEntriesOf(expected);
    for (int i = 0; i < versions.size(); i++) {
      assertThat(versions.get(i).toMap()).containsExactlyEntriesOf(copies.get(i));
      PersistentMap<Integer> version = versions.get(i);
      copies.get(i).forEach((key, value) -> assertThat(version.get(key)).isEqualTo(value));
    }
    assertThat(map.get("none")).isNull();
  }

  /** Sorted keys would make a list of an unbalanced tree, and the stack overflow. */
  @Test
  void sortedKeysAreNoHarm() {
    PersistentMap<Integer> map = PersistentMap.empty();
    for (int i = 0; i < 200_000; i++) {
      map = map.with(String.format("%06d", i), i);
    }
    assertThat(map.get("123456")).isEqualTo(123_456);
    assertThat(map.toMap()).hasSize(200_000);
  }
}
