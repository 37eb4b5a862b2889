package dev.jbuild.registry.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OnwardTest {
  private static final URI ASKED = URI.create("https://registry.test/v2/a/blobs/x");
  private static final HostAccess.Base TLS = new HostAccess.Base("https", "registry.test", false);

  @ParameterizedTest
  @CsvSource({
    "https://store.test/x, https://store.test/x",
    "/v2/b, https://registry.test/v2/b",
    "http://lab.test:5000/x, http://lab.test:5000/x",
  })
  void redirectsGoToEncryptedPlacesAndThoseThatNeedNoEncryption(String location, String to)
      throws IOException {
    assertThat(Onward.redirect(ASKED, location, "lab.test:5000"::equals)).hasToString(to);
  }

  @ParameterizedTest
  @CsvSource({
    "http://store.test/x, from https to http",
    "http://registry.test/x, from https to http",
    "file:///etc/passwd, no URL",
    "https:///x, no URL",
    "'http://[', no URL",
  })
  void redirectsThatShowLayersOrLeadNowhereAreRefused(String location, String why) {
    assertThatThrownBy(() -> Onward.redirect(ASKED, location, "lab.test:5000"::equals))
        .isInstanceOf(Retries.HopelessException.class)
        .hasMessageContaining(why);
  }

  @Test
  void anUploadGoesOnEncryptedOrNotAtAll() throws IOException {
    URI own = URI.create("http://Registry.test/v2/a/blobs/uploads/1?_state=2");
    assertThat(Onward.upload(TLS, own, host -> false))
        .hasToString("https://registry.test/v2/a/blobs/uploads/1?_state=2");
    URI lab = URI.create("http://lab.test:5000/up");
    assertThat(Onward.upload(TLS, lab, "lab.test:5000"::equals)).isEqualTo(lab);
    assertThatThrownBy(() -> Onward.upload(TLS, lab, host -> false))
        .isInstanceOf(Retries.HopelessException.class)
        .hasMessageContaining("an upload leads from https to http, to lab.test:5000");
    assertThatThrownBy(() -> Onward.upload(TLS, URI.create("ftp://registry.test/up"), host -> true))
        .hasMessageContaining("no URL");
  }

  @Test
  void aRegistryInPlainHttpMaySendAnywhere() throws IOException {
    HostAccess.Base plain = new HostAccess.Base("http", "127.0.0.1:5000", false);
    URI other = URI.create("http://127.0.0.1:5001/up");
    assertThat(Onward.upload(plain, other, host -> false)).isEqualTo(other);
    URI asked = URI.create("http://127.0.0.1:5000/v2/");
    assertThat(Onward.redirect(asked, other.toString(), host -> false)).isEqualTo(other);
  }

  /** RFC 3986 section 5.4.1, as far as {@link URI#resolve} is of another mind. */
  @ParameterizedTest
  @CsvSource({
    "?y, https://registry.test/v2/a/blobs/x?y",
    "'', https://registry.test/v2/a/blobs/x?n=1",
    "y, https://registry.test/v2/a/blobs/y",
    "/y?z, https://registry.test/y?z",
    "//store.test/y, https://store.test/y",
  })
  void placesAreResolvedByTheRulesOfUrls(String reference, String to) {
    assertThat(Onward.resolve(URI.create(ASKED + "?n=1"), reference)).hasToString(to);
  }

  /** HTTP clients leave the port of the scheme out of the Host header, and so do registries. */
  @ParameterizedTest
  @CsvSource({
    "https, registry.test:443, https://registry.test/up, true",
    "https, registry.test, https://Registry.test:443/up, true",
    "http, registry.test:80, http://registry.test/up, true",
    "https, registry.test:443, https://registry.test:5000/up, false",
    "https, registry.test:80, https://registry.test/up, false",
    "https, registry.test, http://registry.test/up, false",
    "https, registry.test, https://registry.test.evil/up, false",
    "https, registry.test, https://registry.test@evil.test/up, false",
    "https, '[2001:db8::1]:443', 'https://[2001:db8::1]/up', true",
  })
  void aHostIsTheSameWithThePortOfItsScheme(
      String scheme, String authority, String uri, boolean same) {
    assertThat(new HostAccess.Base(scheme, authority, false).isOrigin(URI.create(uri)))
        .isEqualTo(same);
  }

  @ParameterizedTest
  @CsvSource({
    "registry.test:443, http://registry.test/up?s=1, https://registry.test:443/up?s=1",
    "registry.test, http://registry.test:80/up, https://registry.test/up",
    "registry.test, http://registry.test:443/up, https://registry.test/up",
    "registry.test:5000, http://registry.test:5000/up, https://registry.test:5000/up",
  })
  void anUploadInTheClearOnTheRegistrysOwnNameIsMeantEncrypted(
      String authority, String location, String to) throws IOException {
    HostAccess.Base base = new HostAccess.Base("https", authority, false);
    assertThat(Onward.upload(base, URI.create(location), host -> false)).hasToString(to);
  }

  @Test
  void aUserInAPlaceThatIsRefusedIsNotShown() {
    assertThatThrownBy(
            () -> Onward.redirect(ASKED, "http://ann:hunter2@store.test:99/x", host -> false))
        .hasMessage("a redirect leads from https to http, to store.test:99");
  }
}
