package dev.jbuild.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.jbuild.failure.BuildFailure;
import java.util.List;
import org.junit.jupiter.api.Test;

class MirrorRulesTest {
  private static final String CONF =
      """
      unqualified-search-registries = ["docker.io", "quay.io"]  # not for us

      [[registry]]
      prefix = "docker.io"
      location = "registry-1.docker.io" # as is
      [[registry.mirror]]
      location = "hub.mirror.example/proxy"
      [[registry.mirror]]
      location = '127.0.0.1:5001'
      insecure = true
      pull-from-mirror = "digest-only"

      [[registry]]
      prefix = "docker.io/secret"
      blocked = true

      [[registry]]
      location = "old.example/team"
      mirror-by-digest-only = true
      [[registry.mirror]]
      location = "new.example"

      [[registry]]
      prefix = "*.corp.example"
      location = "proxy.example/corp"

      [[registry]]
      location = "plain.example"
      insecure = true

      [aliases]
      "fedora" = "registry.fedoraproject.org/fedora"
      """;

  private static MirrorRules rules(String... options) {
    return MirrorRules.of(List.of(options), RegistriesConf.parse(CONF, "registries.conf"), false);
  }

  private static List<String> sources(MirrorRules rules, String name, boolean byDigest) {
    return rules.sources(ImageName.parse(name).repository(), byDigest).stream()
        .map(RepositoryName::toString)
        .toList();
  }

  @Test
  void aRegistryThatHasMirrorsMayBeLeftAlone() {
    MirrorRules rules =
        MirrorRules.of(
            List.of("docker.io=a.example", "docker.io=b.example"), RegistriesConf.EMPTY, true);

    assertThat(sources(rules, "debian", false))
        .containsExactly("a.example/library/debian", "b.example/library/debian");
    assertThat(sources(rules, "quay.io/a/b", false)).containsExactly("quay.io/a/b");
  }

  @Test
  void mirrorsComeFirstInOrder() {
    assertThat(sources(rules(), "debian", true))
        .containsExactly(
            "hub.mirror.example/proxy/library/debian",
            "127.0.0.1:5001/library/debian",
            "registry-1.docker.io/library/debian");
  }

  @Test
  void digestOnlyMirrorServesNoTags() {
    assertThat(sources(rules(), "debian", false))
        .containsExactly(
            "hub.mirror.example/proxy/library/debian", "registry-1.docker.io/library/debian");
    assertThat(sources(rules(), "old.example/team/app", false))
        .containsExactly("old.example/team/app");
    assertThat(sources(rules(), "old.example/team/app", true))
        .containsExactly("new.example/app", "old.example/team/app");
  }

  @Test
  void prefixEndsAtASlash() {
    assertThat(sources(rules(), "old.example/teamwork/app", true))
        .containsExactly("old.example/teamwork/app");
  }

  @Test
  void wildcardCoversHostsBelowADomain() {
    assertThat(sources(rules(), "a.b.corp.example/x/y", false))
        .containsExactly("proxy.example/corp/x/y");
    assertThat(sources(rules(), "corp.example/x/y", false)).containsExactly("corp.example/x/y");
  }

  @Test
  void longestPrefixDecides() {
    BuildFailure failure =
        catchThrowableOfType(
            BuildFailure.class, () -> sources(rules(), "docker.io/secret/x", false));
    assertThat(failure.text()).contains("blocked").contains("docker.io/secret");
  }

  @Test
  void optionGoesBeforeTheFile() {
    assertThat(sources(rules("docker.io=first.example"), "debian", false))
        .containsExactly(
            "first.example/library/debian",
            "hub.mirror.example/proxy/library/debian",
            "registry-1.docker.io/library/debian");
  }

  @Test
  void optionMayNamePathsOnBothSides() {
    assertThat(
            sources(
                rules("docker.io/library=m.example/hub", "docker.io/library=n.example"),
                "debian:12",
                false))
        .containsExactly("m.example/hub/debian", "n.example/debian", "docker.io/library/debian");
  }

  @Test
  void insecureHostsAreThoseOfRulesAndMirrors() {
    assertThat(rules("docker.io=http://m.example").insecureHosts())
        .containsExactlyInAnyOrder("m.example", "127.0.0.1:5001", "plain.example");
  }

  @Test
  void domainCanBeCalledInsecure() {
    String conf = "[[registry]]\nprefix = \"*.lab.example\"\ninsecure = true\n";
    MirrorRules rules = MirrorRules.of(List.of(), RegistriesConf.parse(conf, "x.conf"), false);
    assertThat(rules.isInDomainCalledInsecure("a.b.lab.example:5000")).isTrue();
    assertThat(rules.isInDomainCalledInsecure("lab.example")).isFalse();
    assertThat(rules.isInDomainCalledInsecure("collab.example")).isFalse();
    assertThat(rules("docker.io=m.example").isInDomainCalledInsecure("a.corp.example")).isFalse();
  }

  @Test
  void optionWithoutTargetIsRefused() {
    BuildFailure failure = catchThrowableOfType(BuildFailure.class, () -> rules("docker.io"));
    assertThat(failure.text()).isEqualTo("invalid registry mirror \"docker.io\"");
    assertThat(failure.hint()).isPresent();
  }

  @Test
  void registryWithoutPlaceIsRefusedAtItsLine() {
    BuildFailure failure =
        catchThrowableOfType(
            BuildFailure.class, () -> RegistriesConf.parse("\n[[registry]]\n", "x.conf"));
    assertThat(failure.text()).startsWith("x.conf:2:1: ");
  }
}
