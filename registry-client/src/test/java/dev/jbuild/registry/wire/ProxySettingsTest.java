package dev.jbuild.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxySettingsTest {
  private static boolean proxied(String noProxy, String url) {
    return ProxySettings.from(Map.of("HTTPS_PROXY", "http://p.example:3128", "no_proxy", noProxy))
        .proxyFor(URI.create(url))
        .isPresent();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          example.com            | https://example.com/       | false
          example.com            | https://a.example.com/     | false
          example.com            | https://badexample.com/    | true
          .example.com           | https://a.example.com/     | false
          .example.com           | https://example.com/       | true
          *.example.com          | https://a.example.com/     | false
          a.example, b.example   | https://b.example/         | false
          r.example:5000         | https://r.example:5000/    | false
          r.example:5000         | https://r.example/         | true
          198.51.100.128/25      | https://198.51.100.200/    | false
          198.51.100.128/25      | https://198.51.100.100/    | true
          192.0.2.3              | https://192.0.2.3:5000/    | false
          2001:db8::/32          | https://[2001:db8::1]/     | false
          *                      | https://anything.example/  | false
          ''                     | https://anything.example/  | true
          ''                     | https://127.0.0.1:5000/    | false
          ''                     | https://localhost/         | false
          """)
  void exceptionsAreThoseOfCurlAndGo(String noProxy, String url, boolean expected) {
    assertThat(proxied(noProxy, url)).isEqualTo(expected);
  }

  @Test
  void schemeOfTheTargetPicksTheVariable() {
    ProxySettings settings =
        ProxySettings.from(Map.of("http_proxy", "plain.example", "HTTPS_PROXY", "tls.example:99"));
    assertThat(settings.proxyFor(URI.create("http://x.example/")))
        .map(Object::toString)
        .contains("plain.example:80");
    assertThat(settings.proxyFor(URI.create("https://x.example/")))
        .map(Object::toString)
        .contains("tls.example:99");
  }

  @Test
  void userOfTheProxyIsSentAndNotShown() {
    ProxySettings settings =
        ProxySettings.from(Map.of("https_proxy", "http://ann:p%40ss@p.example:1"));
    ProxySettings.Endpoint endpoint =
        settings.proxyFor(URI.create("https://x.example/")).orElseThrow();
    assertThat(endpoint.authorization()).isEqualTo("Basic YW5uOnBAc3M=");
    assertThat(endpoint.toString()).isEqualTo("p.example:1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"http://ann:pass word@p.example:1", "http://ann:s3cret%zz@p.example", "ann:p^w@"})
  void passwordOfAMalformedProxyIsNotTold(String url) {
    assertThatThrownBy(() -> ProxySettings.from(Map.of("https_proxy", url)))
        .isInstanceOf(BuildFailure.class)
        .hasNoCause()
        .hasMessageContaining("HTTPS_PROXY is not the URL of a proxy")
        .hasMessageNotContainingAny("pass", "s3cret", "p^w");
  }

  @Test
  void headerOfACgiClientIsNoProxy() {
    ProxySettings settings =
        ProxySettings.from(Map.of("HTTP_PROXY", "http://evil.example", "REQUEST_METHOD", "GET"));
    assertThat(settings.proxyFor(URI.create("http://x.example/"))).isEmpty();
  }
}
