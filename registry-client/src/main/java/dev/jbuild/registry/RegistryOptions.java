package dev.jbuild.registry;

import dev.jbuild.registry.auth.AuthFiles;
import dev.jbuild.registry.auth.CredentialStore;
import dev.jbuild.registry.auth.RegistryHosts;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Everything that decides how registries are reached. Immutable; made by {@link #builder}, which
 * reads nothing until {@code build}, and then only configuration files.
 */
public final class RegistryOptions {

  /** Which wire is used. */
  public enum Transport {
    /** Our own, on the JDK's HTTP client: HTTP/2, pooled connections, resume, parallel ranges. */
    HTTP,
    /** Jib core's: one connection a request, no resume. A second, independent implementation. */
    JIB
  }

  private final Map<String, String> environment;
  private final CredentialStore credentials;
  private final MirrorRules mirrors;
  private final Set<String> insecureHosts;
  private final Optional<Set<String>> verifiedHosts;
  private final List<Path> authorities;
  private final List<Path> certificateFolders;
  private final Timeouts timeouts;
  private final RetryPolicy retries;
  private final Transport transport;
  private final int connectionsPerHost;
  private final int parallelTransfers;
  private final TransferListener listener;

  private RegistryOptions(Builder builder) {
    environment = Map.copyOf(builder.environment);
    timeouts = builder.timeouts;
    credentials =
        builder.credentials == null
            ? AuthFiles.from(environment, timeouts.helper())
            : builder.credentials;
    mirrors =
        MirrorRules.of(
            builder.mirrors,
            builder.registriesConf ? RegistriesConf.load(environment) : RegistriesConf.EMPTY,
            builder.mirrorsOnly);
    verifiedHosts =
        builder.verifiedHosts == null
            ? Optional.empty()
            : Optional.of(
                builder.verifiedHosts.stream()
                    .map(RegistryHosts::canonical)
                    .collect(Collectors.toUnmodifiableSet()));
    Set<String> insecure = new LinkedHashSet<>();
    builder.insecureHosts.forEach(host -> insecure.add(RegistryHosts.canonical(host)));
    mirrors.insecureHosts().forEach(host -> insecure.add(RegistryHosts.canonical(host)));
    insecureHosts = Set.copyOf(insecure);
    authorities = List.copyOf(builder.authorities);
    List<Path> certificates =
        builder.certificateFolders == null
            ? defaultCertificateFolders(environment)
            : List.copyOf(builder.certificateFolders);
    if (builder.firstCertificateFolder != null) {
      List<Path> folders = new ArrayList<>(List.of(builder.firstCertificateFolder));
      folders.addAll(certificates);
      certificates = folders;
    }
    certificateFolders = List.copyOf(certificates);
    retries = builder.retries;
    transport = builder.transport;
    connectionsPerHost = builder.connectionsPerHost;
    parallelTransfers = builder.parallelTransfers;
    listener = builder.listener;
  }

  private RegistryOptions(
      RegistryOptions other, CredentialStore credentials, TransferListener listener) {
    environment = other.environment;
    this.credentials = credentials;
    mirrors = other.mirrors;
    insecureHosts = other.insecureHosts;
    verifiedHosts = other.verifiedHosts;
    authorities = other.authorities;
    certificateFolders = other.certificateFolders;
    timeouts = other.timeouts;
    retries = other.retries;
    transport = other.transport;
    connectionsPerHost = other.connectionsPerHost;
    parallelTransfers = other.parallelTransfers;
    this.listener = listener;
  }

  /** The same options, with {@code other} to hear of transfers: one build's of many. */
  public RegistryOptions heardBy(TransferListener other) {
    return new RegistryOptions(this, credentials, other);
  }

  /** The same options, with these credentials before those there are: one caller's of many. */
  public RegistryOptions askingFirst(CredentialStore other) {
    return new RegistryOptions(this, other.orElse(credentials), listener);
  }

  /** Options for a process with this environment. */
  public static Builder builder(Map<String, String> environment) {
    return new Builder(environment);
  }

  private static List<Path> defaultCertificateFolders(Map<String, String> environment) {
    List<Path> folders = new ArrayList<>();
    String home = environment.get("HOME");
    if (home != null && !home.isBlank()) {
      folders.add(Path.of(home, ".config", "containers", "certs.d"));
      folders.add(Path.of(home, ".docker", "certs.d"));
    }
    folders.add(Path.of("/etc/containers/certs.d"));
    folders.add(Path.of("/etc/docker/certs.d"));
    return List.copyOf(folders);
  }

  public Map<String, String> environment() {
    return environment;
  }

  public CredentialStore credentials() {
    return credentials;
  }

  public MirrorRules mirrors() {
    return mirrors;
  }

  /** Whether the host may be spoken to without TLS, or with a certificate nobody vouches for. */
  public boolean isInsecure(String host) {
    String name = RegistryHosts.canonical(host);
    return insecureHosts.contains(name)
        || mirrors.isInDomainCalledInsecure(name)
        || verifiedHosts.map(verified -> !verified.contains(name)).orElse(false);
  }

  public List<Path> authorities() {
    return authorities;
  }

  /** The {@code certs.d} folders, first wins. */
  public List<Path> certificateFolders() {
    return certificateFolders;
  }

  public Timeouts timeouts() {
    return timeouts;
  }

  public RetryPolicy retries() {
    return retries;
  }

  public Transport transport() {
    return transport;
  }

  public int connectionsPerHost() {
    return connectionsPerHost;
  }

  public int parallelTransfers() {
    return parallelTransfers;
  }

  public TransferListener listener() {
    return listener;
  }

  /** Collects options. Not safe for several threads. */
  public static final class Builder {
    private final Map<String, String> environment;
    private @Nullable CredentialStore credentials;
    private final List<String> mirrors = new ArrayList<>();
    private final List<String> insecureHosts = new ArrayList<>();
    private final List<Path> authorities = new ArrayList<>();
    private @Nullable List<Path> certificateFolders;
    private @Nullable Path firstCertificateFolder;
    private Timeouts timeouts = Timeouts.DEFAULT;
    private RetryPolicy retries = RetryPolicy.DEFAULT;
    private Transport transport = Transport.HTTP;
    private int connectionsPerHost = 8;
    private int parallelTransfers = 4;
    private TransferListener listener = TransferListener.silent();
    private boolean registriesConf = true;
    private boolean mirrorsOnly;
    private @Nullable List<String> verifiedHosts;

    private Builder(Map<String, String> environment) {
      this.environment = environment;
    }

    /** Instead of Docker's and containers' files. */
    public Builder credentials(CredentialStore store) {
      credentials = store;
      return this;
    }

    /** {@code --registry-mirror}: {@code FROM=TO}, each a host with an optional path. */
    public Builder mirror(String fromTo) {
      mirrors.add(fromTo);
      return this;
    }

    /** What {@link #mirror} names is never asked for itself, also if no mirror has the image. */
    public Builder mirrorsOnly(boolean only) {
      mirrorsOnly = only;
      return this;
    }

    /** Every host but these is as if named by {@link #insecureRegistry}. */
    public Builder insecureBut(List<String> hosts) {
      verifiedHosts = List.copyOf(hosts);
      return this;
    }

    /** {@code --insecure-registry}: a host, with its port if it has one. */
    public Builder insecureRegistry(String host) {
      insecureHosts.add(host);
      return this;
    }

    /** {@code --registry-ca}: a PEM file, trusted beside the system's. */
    public Builder authority(Path pem) {
      authorities.add(pem);
      return this;
    }

    /** Instead of the user's and the system's {@code certs.d}. */
    public Builder certificateFolders(List<Path> folders) {
      certificateFolders = folders;
      return this;
    }

    /** A {@code certs.d} that is asked before the user's and the system's. */
    public Builder firstCertificateFolder(Path folder) {
      firstCertificateFolder = folder;
      return this;
    }

    public Builder timeouts(Timeouts value) {
      timeouts = value;
      return this;
    }

    public Builder retries(RetryPolicy value) {
      retries = value;
      return this;
    }

    public Builder transport(Transport value) {
      transport = value;
      return this;
    }

    /** Most requests at work on one host at one time. */
    public Builder connectionsPerHost(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("connections: " + value + " is less than 1");
      }
      connectionsPerHost = value;
      return this;
    }

    /** Most blobs one pull or push moves at one time. */
    public Builder parallelTransfers(int value) {
      if (value < 1) {
        throw new IllegalArgumentException("transfers: " + value + " is less than 1");
      }
      parallelTransfers = value;
      return this;
    }

    public Builder listener(TransferListener value) {
      listener = value;
      return this;
    }

    /** Whether containers' {@code registries.conf} is read; it is, unless said otherwise. */
    public Builder registriesConf(boolean read) {
      registriesConf = read;
      return this;
    }

    public RegistryOptions build() {
      return new RegistryOptions(this);
    }
  }
}
