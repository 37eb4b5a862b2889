package dev.jbuild.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RepositoryTagsTest {
  private final TreeMap<String, String> names = new TreeMap<>();

  RepositoryTagsTest() {
    names.put("hello:latest", "hello");
    names.put("hello:2", "hello 2");
    names.put("ghcr.io/team/app:1", "app");
    names.put("127.0.0.1:5000/x/y:3", "ported");
    names.put("untagged", "untagged");
  }

  @Test
  void aRepositoryIsTheNameWithoutItsTag() {
    assertThat(RepositoryTags.find(names, "hello", "2")).contains("hello 2");
    assertThat(RepositoryTags.find(names, "ghcr.io/team/app", "1")).contains("app");
    assertThat(RepositoryTags.find(names, "hello", "3")).isEmpty();
    assertThat(RepositoryTags.find(names, "hell", "latest")).isEmpty();
  }

  @Test
  void aRegistryWithAPortIsLeftOut() {
    assertThat(RepositoryTags.find(names, "x/y", "3")).contains("ported");
  }

  @Test
  void aNameWithoutTagIsLatest() {
    assertThat(RepositoryTags.find(names, "untagged", "latest")).contains("untagged");
  }

  @Test
  void tagsAndRepositoriesAreSorted() {
    assertThat(RepositoryTags.tags(names.keySet(), "hello")).containsExactly("2", "latest");
    assertThat(RepositoryTags.repositories(names.keySet()))
        .containsExactly("ghcr.io/team/app", "hello", "untagged", "x/y");
  }
}
