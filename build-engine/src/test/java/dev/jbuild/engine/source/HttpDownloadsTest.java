package dev.jbuild.engine.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who hears a build's credentials when servers send it on. */
final class HttpDownloadsTest {
  @ParameterizedTest
  @CsvSource({
    "https://a.test/f, https://b.test/f, true",
    "https://a.test/f, http://a.test/f, false",
    "http://a.test/f, http://a.test/g, true",
    "http://a.test/f, https://a.test/f, true",
  })
  void credentialsNeverLeaveTls(URI start, URI now, boolean told) {
    assertThat(HttpDownloads.mayTell(start, now)).isEqualTo(told);
  }
}
