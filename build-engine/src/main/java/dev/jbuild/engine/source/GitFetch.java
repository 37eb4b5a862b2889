package dev.jbuild.engine.source;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/**
 * Brings one commit into an empty repository, by the cheapest way its server knows: the commit
 * alone; then the ref alone, which servers of the old protocol allow; then everything, which is
 * left for those that know nothing of shallow clones and for commits that no ref names any more.
 */
final class GitFetch {
  private final GitCommand git;
  private final Path tree;

  GitFetch(GitCommand git, Path tree) {
    this.git = git;
    this.tree = tree;
  }

  void fetch(GitCommit commit) throws IOException {
    BuildFailure first = null;
    for (String[] way : ways(commit)) {
      try {
        git.run(tree, way);
        if (has(commit)) {
          return;
        }
      } catch (BuildFailure failure) {
        if (failure.kind() == Kind.CANCELLED || failure.kind() == Kind.UNAUTHORIZED) {
          throw failure;
        }
        first = first == null ? failure : first;
      }
    }
    String remote = commit.reference().remote();
    throw first != null && first.kind() == Kind.NOT_FOUND
        ? first
        : new BuildFailure(
            Kind.NOT_FOUND,
            "\"" + remote + "\" does not give the commit " + commit.commit(),
            first);
  }

  private static List<String[]> ways(GitCommit commit) {
    String[] all = {
      "fetch",
      "--quiet",
      "--tags",
      "--force",
      "origin",
      "+refs/heads/*:refs/remotes/origin/*",
      "+HEAD:refs/remotes/origin/HEAD"
    };
    if (commit.ref().isEmpty()) {
      return List.of(shallow(commit.commit()), all);
    }
    String[] named = shallow("+" + commit.ref() + ":" + localName(commit.ref()));
    // With .git the name matters as well: "git describe" is what it is kept for.
    return commit.reference().keepGitDir()
        ? List.of(named, shallow(commit.commit()), all)
        : List.of(shallow(commit.commit()), named, all);
  }

  private static String[] shallow(String what) {
    return new String[] {"fetch", "--quiet", "--depth=1", "--no-tags", "origin", what};
  }

  private static String localName(String ref) {
    return ref.startsWith("refs/tags/")
        ? ref
        : "refs/remotes/origin/" + ref.replaceFirst("^refs/(?:heads/)?", "");
  }

  private boolean has(GitCommit commit) throws IOException {
    try {
      git.run(tree, "cat-file", "-e", commit.commit() + "^{commit}");
      return true;
    } catch (BuildFailure failure) {
      if (failure.kind() == Kind.CANCELLED) {
        throw failure;
      }
      return false;
    }
  }

  /** Reflogs have the time of the checkout and the name of the machine. */
  static void removeLogs(Path logs) throws IOException {
    if (!Files.isDirectory(logs)) {
      return;
    }
    try (var files = Files.walk(logs)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
