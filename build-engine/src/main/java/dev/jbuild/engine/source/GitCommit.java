package dev.jbuild.engine.source;

/**
 * What a reference meant when the server was asked.
 *
 * @param commit its whole name, or that of a tag that names it where the reference was one
 * @param ref the full name it was found under; empty if the reference is a commit itself
 */
public record GitCommit(GitReference reference, String commit, String ref) {

  /** All that decides which files there are, for a cache key. */
  public String identity() {
    StringBuilder text = new StringBuilder(commit);
    if (!reference.subdir().isEmpty()) {
      text.append(':').append(reference.subdir());
    }
    if (!reference.submodules()) {
      text.append(" without submodules");
    }
    if (reference.commitTime()) {
      text.append(" with the commit's time");
    }
    if (reference.keepGitDir()) {
      // .git/config has the URL, and .git the branch's or tag's name.
      text.append(" with .git of ").append(reference.remote()).append(' ').append(ref);
    }
    return text.toString();
  }

  /** Whether the listing of its files says all there is: not so of times and of {@code .git}. */
  public boolean isFilesOnly() {
    return !reference.keepGitDir() && !reference.commitTime();
  }
}
