package dev.jbuild.registry;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.auth.RegistryHosts;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Where a repository is really read from: mirrors first, in order, then the registry itself, which
 * may be rewritten to another place.
 *
 * <p>A rule's prefix is a host or a host with a path, and covers everything below it; of several
 * that fit, the longest wins; {@code *.example.com} covers every host below the domain. Rules of
 * {@code --registry-mirror} go before those of {@code registries.conf} with the same prefix. Pushes
 * use no mirror. Immutable.
 */
public final class MirrorRules {

  /** When a mirror may serve. */
  enum Serves {
    ALL,
    DIGESTS,
    TAGS
  }

  /** A place to read from instead, {@code host[/path]}. */
  record Mirror(String location, boolean insecure, Serves serves) {}

  /**
   * What {@code registries.conf} calls a registry.
   *
   * @param location empty if requests go to the prefix itself
   */
  record Rule(
      String prefix, String location, boolean insecure, boolean blocked, List<Mirror> mirrors) {
    Rule {
      mirrors = List.copyOf(mirrors);
    }

    /** Whether requests go to hosts that only a request names. */
    private boolean isDomainItself() {
      return prefix.startsWith("*.") && location.isEmpty();
    }
  }

  private final List<Rule> rules;
  private final Set<String> mirrorsOnly;

  private MirrorRules(List<Rule> rules, Set<String> mirrorsOnly) {
    this.rules = List.copyOf(rules);
    this.mirrorsOnly = Set.copyOf(mirrorsOnly);
  }

  /**
   * @param options {@code FROM=TO} each
   * @param mirrorsOnly whether what the options name is never asked for itself
   */
  static MirrorRules of(List<String> options, RegistriesConf configured, boolean mirrorsOnly) {
    List<Rule> rules = new ArrayList<>();
    Set<String> only = new LinkedHashSet<>();
    for (String option : options) {
      int equals = option.indexOf('=');
      String from = equals < 0 ? "" : option.substring(0, equals).strip();
      String to = equals < 0 ? "" : stripSlash(option.substring(equals + 1).strip());
      if (from.isEmpty() || to.isEmpty()) {
        throw new BuildFailure(
            BuildFailure.Kind.USER,
            "invalid registry mirror \"" + option + "\"",
            "write it as FROM=TO, as in docker.io=mirror.example.com",
            null);
      }
      boolean plain = to.startsWith("http://");
      if (plain || to.startsWith("https://")) {
        to = to.substring(to.indexOf("://") + 3);
      }
      String prefix = canonical(stripSlash(from));
      Mirror mirror = new Mirror(to, plain, Serves.ALL);
      int same = -1;
      for (int i = 0; i < rules.size(); i++) {
        if (rules.get(i).prefix.equals(prefix)) {
          same = i;
        }
      }
      List<Mirror> mirrors = new ArrayList<>();
      if (same >= 0) {
        mirrors.addAll(rules.remove(same).mirrors);
      }
      mirrors.add(mirror);
      if (mirrorsOnly) {
        only.add(prefix);
      }
      rules.add(new Rule(prefix, "", false, false, mirrors));
    }
    for (Rule rule : configured.rules()) {
      Rule own =
          new Rule(
              canonical(rule.prefix), rule.location, rule.insecure, rule.blocked, rule.mirrors);
      boolean overridden = false;
      for (int i = 0; i < rules.size(); i++) {
        Rule earlier = rules.get(i);
        if (earlier.prefix.equals(own.prefix)) {
          List<Mirror> both = new ArrayList<>(earlier.mirrors);
          both.addAll(own.mirrors);
          rules.set(i, new Rule(own.prefix, own.location, own.insecure, own.blocked, both));
          overridden = true;
        }
      }
      if (!overridden) {
        rules.add(own);
      }
    }
    return new MirrorRules(rules, only);
  }

  /** Whether a rule calls all hosts of a domain insecure and the host is one of them. */
  boolean isInDomainCalledInsecure(String host) {
    return rules.stream()
        .anyMatch(rule -> rule.insecure && rule.isDomainItself() && inDomain(rule.prefix, host));
  }

  /** The hosts that a rule names and calls insecure. */
  Collection<String> insecureHosts() {
    Set<String> hosts = new LinkedHashSet<>();
    for (Rule rule : rules) {
      if (rule.insecure && !rule.isDomainItself()) {
        hosts.add(hostOf(rule.location.isEmpty() ? rule.prefix : rule.location));
      }
      for (Mirror mirror : rule.mirrors) {
        if (mirror.insecure) {
          hosts.add(hostOf(mirror.location));
        }
      }
    }
    return hosts;
  }

  /**
   * The places to read {@code name} from, in order; never empty.
   *
   * @throws BuildFailure of kind {@code USER} if a rule blocks the registry
   */
  List<RepositoryName> sources(RepositoryName name, boolean byDigest) {
    String full = canonical(name.toString());
    Rule best = null;
    for (Rule rule : rules) {
      if (covers(rule.prefix, full)
          && (best == null || rule.prefix.length() > best.prefix.length())) {
        best = rule;
      }
    }
    if (best == null) {
      return List.of(name);
    }
    if (best.blocked) {
      throw new BuildFailure(
          BuildFailure.Kind.USER,
          "\"" + name + "\" is blocked by registries.conf (prefix \"" + best.prefix + "\")");
    }
    List<RepositoryName> sources = new ArrayList<>();
    for (Mirror mirror : best.mirrors) {
      boolean fits =
          switch (mirror.serves) {
            case ALL -> true;
            case DIGESTS -> byDigest;
            case TAGS -> !byDigest;
          };
      if (fits) {
        sources.add(rewritten(full, best.prefix, mirror.location));
      }
    }
    if (mirrorsOnly.contains(best.prefix)) {
      return List.copyOf(sources);
    }
    sources.add(best.location.isEmpty() ? name : rewritten(full, best.prefix, best.location));
    return List.copyOf(sources);
  }

  private static boolean covers(String prefix, String full) {
    if (prefix.startsWith("*.")) {
      return inDomain(prefix, full.substring(0, full.indexOf('/')));
    }
    return full.startsWith(prefix)
        && (full.length() == prefix.length() || full.charAt(prefix.length()) == '/');
  }

  private static boolean inDomain(String prefix, String host) {
    return RegistryHosts.hostOnly(host).endsWith(prefix.substring(1));
  }

  private static RepositoryName rewritten(String full, String prefix, String location) {
    String rest =
        prefix.startsWith("*.")
            ? full.substring(full.indexOf('/'))
            : full.substring(prefix.length());
    String place = location + rest;
    int slash = place.indexOf('/');
    return new RepositoryName(place.substring(0, slash), place.substring(slash + 1));
  }

  private static String canonical(String prefix) {
    int slash = prefix.indexOf('/');
    String host = slash < 0 ? prefix : prefix.substring(0, slash);
    return RegistryHosts.canonical(host) + (slash < 0 ? "" : prefix.substring(slash));
  }

  private static String hostOf(String location) {
    int slash = location.indexOf('/');
    return slash < 0 ? location : location.substring(0, slash);
  }

  private static String stripSlash(String text) {
    return text.endsWith("/") ? text.substring(0, text.length() - 1) : text;
  }
}
