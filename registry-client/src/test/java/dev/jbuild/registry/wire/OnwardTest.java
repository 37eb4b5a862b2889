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
        .hasToString("https://Registry.test/v2/a/blobs/uploads/1?_state=2");
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
}
