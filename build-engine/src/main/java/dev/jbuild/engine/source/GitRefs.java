package dev.jbuild.engine.source;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** What a server lists: names and what they point to; of an annotated tag also the commit. */
record GitRefs(Map<String, String> commits) {
  private static final String PEELED = "^{}";

  /**
   * A ref that was found.
   *
   * @param name in full
   * @param commit what it names, tags followed
   */
  record Found(String name, String commit) {}

  /** Reads lines of {@code git ls-remote}: object, tab, name. */
  static GitRefs parse(String text) {
    Map<String, String> commits = new LinkedHashMap<>();
    for (String line : text.split("\n")) {
      int tab = line.indexOf('\t');
      if (tab > 0 && line.substring(0, tab).matches("[0-9a-f]{40}|[0-9a-f]{64}")) {
        commits.put(line.substring(tab + 1), line.substring(0, tab));
      }
    }
    return new GitRefs(commits);
  }

  /**
   * What a short name means: a branch before a tag before any other ref, as {@code git checkout}
   * has it; a full name only itself.
   */
  Optional<Found> find(String name) {
    for (String prefix : new String[] {"", "refs/heads/", "refs/tags/", "refs/"}) {
      String full = prefix + name;
      String commit = commits.getOrDefault(full + PEELED, commits.get(full));
      if (commit != null) {
        return Optional.of(new Found(full, commit));
      }
    }
    return Optional.empty();
  }
}
