package dev.jbuild.registry.wire;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.net.URI;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
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

  @Test
  void headerOfACgiClientIsNoProxy() {
    ProxySettings settings =
        ProxySettings.from(Map.of("HTTP_PROXY", "http://evil.example", "REQUEST_METHOD", "GET"));
    assertThat(settings.proxyFor(URI.create("http://x.example/"))).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://ann:hunter2@",
        "http://ann:hunter2@p.example:99999",
        "http://ann:hunter2@p.example:x",
        "http://ann:hunter2%zz@p.example:1",
        "socks5://ann:hunter2@p.example:1080",
        "https://ann:hunter2@p.example:3128",
      })
  void whatIsNoProxyOfOursIsSaidOnceItIsNeededAndNotQuoted(String value) {
    ProxySettings settings = ProxySettings.from(Map.of("HTTPS_PROXY", value));
    assertThat(settings.proxyFor(URI.create("https://127.0.0.1/"))).isEmpty();
    assertThat(settings.proxyFor(URI.create("http://x.example/"))).isEmpty();
    assertThatThrownBy(() -> settings.proxyFor(URI.create("https://x.example/")))
        .isInstanceOf(BuildFailure.class)
        .hasMessageStartingWith("HTTPS_PROXY names")
        .hasNoCause()
        .message()
        .doesNotContain("hunter2");
  }

  @ParameterizedTest
  @CsvSource({
    "squid_proxy:3128, squid_proxy:3128, ",
    "http://ann:p w|x@p.example/, p.example:80, ann:p w|x",
    "http://ann:p@ss@p.example:1, p.example:1, ann:p@ss",
    "http://[2001:db8::1]:3128, [2001:db8::1]:3128, ",
    "http://[2001:db8::1], [2001:db8::1]:80, ",
  })
  void proxiesAreReadAsTheyAreWritten(String value, String place, @Nullable String pair) {
    ProxySettings.Endpoint endpoint =
        ProxySettings.from(Map.of("https_proxy", value))
            .proxyFor(URI.create("https://x.example/"))
            .orElseThrow();
    assertThat(endpoint).hasToString(place);
    assertThat(endpoint.authorization())
        .isEqualTo(
            pair == null
                ? null
                : "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(UTF_8)));
  }
}
