package dev.jbuild.engine.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.engine.export.Annotations.Target;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Platform;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AnnotationsTest {
  private static final Platform AMD64 = Platform.parse("linux/amd64");
  private static final Platform ARM64 = Platform.parse("linux/arm64");

  @Test
  void goWhereTheirTypesSay() {
    Annotations annotations =
        new Annotations(
            Map.of(
                "org.example.a", "1",
                "index,manifest-descriptor:b", "2",
                "manifest[linux/arm64]:c", "3"));

    assertThat(annotations.of(Target.MANIFEST, AMD64)).isEqualTo(Map.of("org.example.a", "1"));
    assertThat(annotations.of(Target.MANIFEST, ARM64))
        .isEqualTo(Map.of("org.example.a", "1", "c", "3"));
    assertThat(annotations.of(Target.MANIFEST_DESCRIPTOR, AMD64)).isEqualTo(Map.of("b", "2"));
    assertThat(annotations.ofIndex()).isEqualTo(Map.of("b", "2"));
  }

  @Test
  void ofUnknownTypesAreRefused() {
    assertThatThrownBy(() -> new Annotations(Map.of("layer:a", "1")))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("annotation \"layer:a\": there is no \"layer\" to annotate");
  }
}
