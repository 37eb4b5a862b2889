package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Whom we trust and how we show ourselves under TLS.
 *
 * <p>Trust is the bundle named by {@code SSL_CERT_FILE}, else the system's bundle, else the JDK's;
 * to it come the files given with {@code --registry-ca} and, for one host, the {@code *.crt} of its
 * {@code certs.d} folder. A {@code *.cert} with its {@code *.key} there is the client certificate
 * for that host (Docker's and containers' layout).
 */
final class TlsSettings {
  private static final List<String> SYSTEM_BUNDLES =
      List.of(
          "/etc/ssl/certs/ca-certificates.crt",
          "/etc/pki/tls/certs/ca-bundle.crt",
          "/etc/ssl/ca-bundle.pem",
          "/etc/ssl/cert.pem");

  private final @Nullable String certFile;
  private final List<Path> extraAuthorities;
  private final List<Path> certificateFolders;

  /**
   * @param certificateFolders the {@code certs.d} folders, first wins
   */
  TlsSettings(
      Map<String, String> environment, List<Path> extraAuthorities, List<Path> certificateFolders) {
    this.certFile = environment.get("SSL_CERT_FILE");
    this.extraAuthorities = List.copyOf(extraAuthorities);
    this.certificateFolders = List.copyOf(certificateFolders);
  }

  /** The folder with certificates for just this host, if there is one. */
  @Nullable Path folderFor(String hostAndPort) {
    for (Path parent : certificateFolders) {
      Path folder = parent.resolve(hostAndPort);
      if (Files.isDirectory(folder)) {
        return folder;
      }
    }
    return null;
  }

  /** A context that verifies; {@code folder} is the host's own or null. */
  SSLContext verifying(@Nullable Path folder) {
    try {
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trustStore(folder));
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(clientKeys(folder), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new BuildFailure(BuildFailure.Kind.USER, "TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  /** A context for a host that was named insecure: any certificate and any name will do. */
  SSLContext trusting(@Nullable Path folder) {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(clientKeys(folder), new TrustManager[] {new TrustAnyone()}, null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new BuildFailure(BuildFailure.Kind.USER, "TLS cannot be set up: " + e.getMessage(), e);
    }
  }

  /** A context for connections that use no TLS: costs nothing and trusts nobody. */
  static SSLContext refusing() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[0], null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("the JDK has no TLS", e);
    }
  }

  private @Nullable KeyStore trustStore(@Nullable Path folder)
      throws GeneralSecurityException, IOException {
    List<X509Certificate> authorities = new ArrayList<>();
    for (Path file : extraAuthorities) {
      authorities.addAll(nonEmpty(file));
    }
    if (folder != null) {
      for (Path file : withSuffix(folder, ".crt")) {
        authorities.addAll(nonEmpty(file));
      }
    }
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int number = 0;
    for (X509Certificate authority : authorities) {
      store.setCertificateEntry("own-" + number++, authority);
    }
    for (X509Certificate authority : bundle()) {
      store.setCertificateEntry("bundle-" + number++, authority);
    }
    return store;
  }

  private List<X509Certificate> bundle() throws GeneralSecurityException, IOException {
    if (certFile != null && !certFile.isBlank()) {
      return nonEmpty(Path.of(certFile));
    }
    for (String candidate : SYSTEM_BUNDLES) {
      Path file = Path.of(candidate);
      if (Files.isReadable(file)) {
        List<X509Certificate> found = Pem.certificates(file);
        if (!found.isEmpty()) {
          return found;
        }
      }
    }
    TrustManagerFactory jdk =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    jdk.init((KeyStore) null);
    for (TrustManager manager : jdk.getTrustManagers()) {
      if (manager instanceof X509ExtendedTrustManager trust) {
        return List.of(trust.getAcceptedIssuers());
      }
    }
    return List.of();
  }

  private static List<X509Certificate> nonEmpty(Path file)
      throws GeneralSecurityException, IOException {
    if (!Files.isReadable(file)) {
      throw new BuildFailure(
          BuildFailure.Kind.USER, "certificate file \"" + file + "\" is not readable");
    }
    List<X509Certificate> found = Pem.certificates(file);
    if (found.isEmpty()) {
      throw new BuildFailure(
          BuildFailure.Kind.USER, "certificate file \"" + file + "\" holds no PEM certificate");
    }
    return found;
  }

  private static KeyManager @Nullable [] clientKeys(@Nullable Path folder)
      throws GeneralSecurityException, IOException {
    if (folder == null) {
      return null;
    }
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    char[] noPassword = {};
    boolean any = false;
    for (Path certificate : withSuffix(folder, ".cert")) {
      String name = certificate.getFileName().toString();
      Path key =
          certificate.resolveSibling(name.substring(0, name.length() - ".cert".length()) + ".key");
      if (!Files.isReadable(key)) {
        throw new BuildFailure(
            BuildFailure.Kind.USER,
            "client certificate \"" + certificate + "\" has no key \"" + key + "\"");
      }
      Certificate[] chain = nonEmpty(certificate).toArray(new Certificate[0]);
      store.setKeyEntry(name, Pem.privateKey(key), noPassword, chain);
      any = true;
    }
    if (!any) {
      return null;
    }
    KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, noPassword);
    return keys.getKeyManagers();
  }

  private static List<Path> withSuffix(Path folder, String suffix) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(suffix)).sorted().toList();
    }
  }

  /**
   * Extended, because for a plain X509TrustManager the JDK adds the check of the host name by
   * itself.
   */
  private static final class TrustAnyone extends X509ExtendedTrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
