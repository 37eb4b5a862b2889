package dev.jbuild.engine.option;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.CacheSource;
import dev.jbuild.engine.CacheTarget;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.Compression;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheOptionsTest {
  private final CacheOptions command = CacheOptions.ofCommand();

  @Test
  void commandMayNameDirectories() {
    assertThat(command.source("type=local,src=/a,tag=b"))
        .isEqualTo(new CacheSource.Local(Path.of("/a"), "b", null));
    assertThat(command.target("\"type=local\",\"dest=/a,b\",mode=max", List.of()))
        .isEqualTo(
            new CacheTarget.Local(
                Path.of("/a,b"),
                "latest",
                new CacheTarget.Options(true, Compression.gzip(), false, false)));
  }

  @Test
  void requestHasTheSameKeys() {
    String all = "type=registry,ref=h/a:c,compression=zstd,compression-level=7,ignore-error=1";
    assertThat(CacheOptions.ofRequest().target(all, List.of()))
        .isEqualTo(command.target(all, List.of()))
        .isEqualTo(
            new CacheTarget.Registry(
                "h/a:c", new CacheTarget.Options(false, new Compression.Zstd(7), false, true)));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type=registry,ref=a,mod=max|--cache-to type=registry takes no \"mod\"|did you mean"
            + " \"mode\"?",
        "type=local|--cache-to type=local needs dest=|",
        "type=registry,ref=a,image-manifest=false|image-manifest=false is not supported|the cache"
            + " is",
        "type=registry,ref=a,compression-level=x|compression-level \"x\" is not a whole number|",
        "type=gha|--cache-to type=gha is not supported|type=registry,ref=ghcr.io/OWNER/REPO:cache",
        "type=moon|--cache-to: unknown type \"moon\"|the types are registry, local and inline"
      })
  void saysWhatIsWrong(String text, String message, String hint) {
    assertThatThrownBy(() -> command.target(text, List.of()))
        .hasMessageContaining(message)
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> assertThat(failure.hint().orElse("")).contains(hint == null ? "" : hint));
  }
}
