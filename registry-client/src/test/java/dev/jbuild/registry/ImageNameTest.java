package dev.jbuild.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.cloud.tools.jib.api.ImageReference;
import com.google.cloud.tools.jib.api.InvalidImageReferenceException;
import dev.jbuild.failure.BuildFailure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageNameTest {
  private static final String DIGEST =
      "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          debian,                            docker.io/library/debian:latest,          debian:latest
          debian:12,                         docker.io/library/debian:12,              debian:12
          team/app,                          docker.io/team/app:latest,                team/app:latest
          docker.io/debian,                  docker.io/library/debian:latest,          debian:latest
          index.docker.io/library/debian:12, docker.io/library/debian:12,              debian:12
          localhost/x,                       localhost/x:latest,                       localhost/x:latest
          localhost:5000/x/y:z,              localhost:5000/x/y:z,                     localhost:5000/x/y:z
          127.0.0.1:5000/x,                  127.0.0.1:5000/x:latest,                  127.0.0.1:5000/x:latest
          [::1]:5000/x:1,                    [::1]:5000/x:1,                           [::1]:5000/x:1
          Registry/x,                        Registry/x:latest,                        Registry/x:latest
          ghcr.io/a/b/c/d:v1.2_3-4,          ghcr.io/a/b/c/d:v1.2_3-4,                 ghcr.io/a/b/c/d:v1.2_3-4
          a__b/c.d/e---f,                    docker.io/a__b/c.d/e---f:latest,          a__b/c.d/e---f:latest
          """)
  void nameIsCompletedAndShortened(String text, String full, String familiar) {
    ImageName name = ImageName.parse(text);
    assertThat(name).hasToString(full);
    assertThat(name.familiar()).isEqualTo(familiar);
    assertThat(ImageName.parse(full)).isEqualTo(name);
  }

  @Test
  void digestGoesBeforeTag() {
    ImageName name = ImageName.parse("debian:12@" + DIGEST);
    assertThat(name.tag()).contains("12");
    assertThat(name.reference()).hasToString(DIGEST);
    assertThat(name.familiar()).isEqualTo("debian:12@" + DIGEST);
  }

  @Test
  void digestAloneLeavesNoTag() {
    assertThat(ImageName.parse("debian@" + DIGEST).tag()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":1",
        "Debian",
        "a//b",
        "a/",
        "/a",
        "a:",
        "a:-x",
        "a:b:c",
        "a@sha256:12",
        "a@" + "md5:0123456789abcdef0123456789abcdef",
        "host.example:99999999/x",
        "a b",
        "a\nb",
        "-a",
        "a._b",
        "a/../b",
        "http://a.b/c",
        "a..b",
        "host_name:5000/x"
      })
  void brokenNameIsRefusedAndQuoted(String text) {
    BuildFailure failure = catchThrowableOfType(BuildFailure.class, () -> ImageName.parse(text));
    assertThat(failure).isNotNull();
    assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.USER);
    assertThat(failure.text()).contains("invalid image name \"" + text + "\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a/", "a.b-", "a@x.", "a."})
  void nameOfAnyLengthIsRefusedAndNotQuotedWhole(String part) {
    String text = part + part.substring(part.length() - 2).repeat(100_000) + "a/a";
    BuildFailure failure = catchThrowableOfType(BuildFailure.class, () -> ImageName.parse(text));
    assertThat(failure.text()).hasSizeLessThan(150).contains("longer than 1024 characters");
  }

  @Test
  void upperCaseIsNamedAsTheReason() {
    BuildFailure failure =
        catchThrowableOfType(BuildFailure.class, () -> ImageName.parse("ghcr.io/Team/App"));
    assertThat(failure.text())
        .isEqualTo("invalid image name \"ghcr.io/Team/App\": a repository is in lower case");
  }

  /** Jib's parser is an independent reading of the same grammar. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "debian",
        "debian:12",
        "team/app:x",
        "ghcr.io/a/b",
        "localhost:5000/x",
        "gcr.io/a-b/c_d:1",
        "debian@" + DIGEST,
        "quay.io/a/b@" + DIGEST
      })
  void namesReadAsJibReadsThem(String text) throws InvalidImageReferenceException {
    ImageReference jib = ImageReference.parse(text);
    ImageName ours = ImageName.parse(text);
    String host =
        jib.getRegistry().equals("registry-1.docker.io") ? "docker.io" : jib.getRegistry();
    assertThat(ours.repository()).isEqualTo(new RepositoryName(host, jib.getRepository()));
    assertThat(ours.reference()).hasToString(jib.getQualifier());
  }
}
