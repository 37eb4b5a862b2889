package dev.jbuild.server;

import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The store's names, {@code [host[:port]/]path:tag}, as repositories and tags. */
final class RepositoryTags {
  private static final Pattern HOST_WITH_PORT = Pattern.compile("^[^/]+:\\d+/");

  private RepositoryTags() {}

  /** What the tag of the repository stands for. A name without a registry's port goes first. */
  static <T> Optional<T> find(SortedMap<String, T> names, String repository, String tag) {
    T exact = names.get(repository + ":" + tag);
    if (exact != null) {
      return Optional.of(exact);
    }
    return names.entrySet().stream()
        .filter(entry ->
            tag(entry.getKey()).equals(tag) && repository(entry.getKey()).equals(repository))
        .map(java.util.Map.Entry::getValue)
        .findFirst();
  }

  static SortedSet<String> tags(Set<String> names, String repository) {
    SortedSet<String> tags = new TreeSet<>();
    for (String name : names) {
      if (repository(name).equals(repository)) {
        tags.add(tag(name));
      }
    }
    return tags;
  }

  static SortedSet<String> repositories(Set<String> names) {
    SortedSet<String> repositories = new TreeSet<>();
    names.forEach(name -> repositories.add(repository(name)));
    return repositories;
  }

  private static String repository(String name) {
    int colon = colon(name);
    return HOST_WITH_PORT.matcher(colon < 0 ? name : name.substring(0, colon)).replaceFirst("");
  }

  private static String tag(String name) {
    int colon = colon(name);
    return colon < 0 ? "latest" : name.substring(colon + 1);
  }

  private static int colon(String name) {
    int colon = name.lastIndexOf(':');
    return colon > name.lastIndexOf('/') ? colon : -1;
  }
}
