package dev.jbuild.cli;

import dev.jbuild.registry.RegistryOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How registries are reached; flags of every verb that speaks to one. */
final class RegistryFlags {
  @Option(
      names = "--insecure-registry",
      paramLabel = "HOST",
      description =
          "allow plain HTTP and unverified certificates for this registry; loopback"
              + " addresses need no flag for plain HTTP")
  List<String> insecure = new ArrayList<>();

  @Option(
      names = "--registry-mirror",
      paramLabel = "FROM=TO",
      description = "get images of one registry from another place")
  List<String> mirrors = new ArrayList<>();

  @Option(
      names = "--registry-ca",
      paramLabel = "FILE",
      description = "trust this certificate authority (PEM) for registries")
  List<String> authorities = new ArrayList<>();

  /** Certificates of single hosts, where a verb has flags for them. */
  Optional<Path> certificates = Optional.empty();

  /** Variables where the environment has none. */
  Map<String, String> defaults = Map.of();

  /** Whether registries that have mirrors are left alone themselves. */
  boolean mirrorsOnly;

  /** If every host may be insecure, those that may not. */
  Optional<List<String>> insecureBut = Optional.empty();

  RegistryOptions options(Map<String, String> environment) {
    Map<String, String> variables = new HashMap<>(defaults);
    variables.putAll(environment);
    RegistryOptions.Builder options = RegistryOptions.builder(variables);
    options.mirrorsOnly(mirrorsOnly);
    insecureBut.ifPresent(options::insecureBut);
    insecure.forEach(options::insecureRegistry);
    for (String mirror : mirrors) {
      if (mirror.indexOf('=') <= 0) {
        throw new UsageError("--registry-mirror \"" + mirror + "\" is not FROM=TO");
      }
      options.mirror(mirror);
    }
    authorities.forEach(file -> options.authority(Path.of(file)));
    certificates.ifPresent(options::firstCertificateFolder);
    return options.build();
  }
}
