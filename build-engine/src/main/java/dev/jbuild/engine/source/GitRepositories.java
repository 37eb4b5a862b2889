package dev.jbuild.engine.source;

import dev.jbuild.engine.ssh.AgentSocket;
import dev.jbuild.engine.ssh.SshAgent;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import dev.jbuild.layer.FileTree;
import dev.jbuild.store.Store;
import dev.jbuild.store.Workspace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The git repositories of one build. A reference is first resolved to a commit, which costs one
 * question to the server and is what cache keys are made of; only a build that needs the files
 * fetches them, and of history no more than the commit where the server allows.
 *
 * <p>A reference means one commit for the whole build, whatever is pushed meanwhile. Safe for use
 * by many threads.
 */
public final class GitRepositories implements AutoCloseable {
  private final Store store;
  private final GitCredentials credentials;
  private final Map<String, String> environment;
  private final @Nullable SshAgent agent;
  private final Map<String, GitCommit> commits = new ConcurrentHashMap<>();
  private final List<Workspace> workspaces = new ArrayList<>();
  private @Nullable AgentSocket open;
  private @Nullable Path socket;
  private final ReentrantLock resolving = new ReentrantLock();

  /**
   * @param store on whose file system checkouts live until {@link #close}
   * @param environment of the process: proxies, certificates, and where programs are
   * @param agent the SSH agent with the keys to use, if the build was given one
   */
  public GitRepositories(
      Store store,
      GitCredentials credentials,
      Map<String, String> environment,
      @Nullable SshAgent agent) {
    this.store = store;
    this.credentials = credentials;
    this.environment = Map.copyOf(environment);
    this.agent = agent;
  }

  /**
   * What a reference means now.
   *
   * @throws BuildFailure {@code NOT_FOUND} if the repository has no such ref, {@code CORRUPT} if
   *     its commit is another one than the reference wants
   */
  public GitCommit resolve(GitReference reference) throws IOException {
    String key = reference.remote() + " " + reference.ref();
    resolving.lock();
    try {
      GitCommit known = reference.byCommit() ? null : commits.get(key);
      GitCommit commit =
          known == null ? ask(reference) : new GitCommit(reference, known.commit(), known.ref());
      if (!commit.commit().startsWith(reference.checksum())) {
        throw new BuildFailure(
            Kind.CORRUPT,
            "\""
                + reference.remote()
                + "\" has the commit "
                + commit.commit()
                + ", not "
                + reference.checksum());
      }
      commits.putIfAbsent(key, commit);
      return commit;
    } finally {
      resolving.unlock();
    }
  }

  private GitCommit ask(GitReference reference) throws IOException {
    if (reference.byCommit()) {
      return new GitCommit(reference, reference.checksum(), "");
    }
    if (reference.isCommit()) {
      return new GitCommit(reference, reference.ref(), "");
    }
    String ref = reference.ref().isEmpty() ? "HEAD" : reference.ref();
    try (Workspace place = store.workspace()) {
      GitCommand git = git(reference, place);
      String answer =
          git.run(place.path(), "ls-remote", "--quiet", "--", reference.remote(), ref, ref + "^{}");
      return GitRefs.parse(answer)
          .find(ref)
          .map(found -> new GitCommit(reference, found.commit(), found.name()))
          .orElseThrow(() ->
              new BuildFailure(
                  Kind.NOT_FOUND,
                  "\"" + reference.remote() + "\" has no branch, tag or ref \"" + ref + "\"",
                  ref.matches("[0-9a-f]{4,39}") ? "write all digits of the commit" : null,
                  null));
    }
  }

  /**
   * The files of a commit, fetched and checked out; good until this is closed. Links in it lead
   * nowhere outside of it.
   */
  public FileTree checkout(GitCommit commit) throws IOException {
    GitReference reference = commit.reference();
    Workspace place = store.workspace();
    synchronized (workspaces) {
      workspaces.add(place);
    }
    GitCommand git = git(reference, place);
    Path tree = Files.createDirectory(place.path().resolve("tree"));
    String format = commit.commit().length() == 64 ? "sha256" : "sha1";
    git.run(tree, "init", "--quiet", "--template=", "--object-format=" + format, ".");
    git.run(tree, "remote", "add", "--", "origin", reference.remote());
    new GitFetch(git, tree).fetch(commit);
    git.run(tree, "checkout", "--quiet", "--detach", commit.commit() + "^{commit}");
    if (reference.submodules() && Files.exists(tree.resolve(".gitmodules"))) {
      git.run(tree, "submodule", "--quiet", "update", "--init", "--recursive", "--depth=1");
    }
    Instant time = null;
    if (reference.commitTime()) {
      String seconds = git.run(tree, "log", "-1", "--format=%ct", "HEAD").strip();
      time = Instant.ofEpochSecond(Long.parseLong(seconds));
    }
    if (reference.keepGitDir()) {
      // The index remembers inodes and times of this checkout: without, every build has the same.
      git.run(tree, "read-tree", "HEAD");
      Files.deleteIfExists(tree.resolve(".git/FETCH_HEAD"));
      GitFetch.removeLogs(tree.resolve(".git/logs"));
    }
    return GitTree.open(tree, reference, time);
  }

  private GitCommand git(GitReference reference, Workspace place) throws IOException {
    Path home = Files.createDirectories(place.path().resolve("home"));
    return new GitCommand(
        reference, credentials.headers(reference), environment, home, agentSocket());
  }

  /** Where git meets the agent: a submodule may need it though the repository itself does not. */
  private @Nullable Path agentSocket() throws IOException {
    if (agent == null) {
      return null;
    }
    synchronized (workspaces) {
      if (socket == null) {
        Workspace place = store.workspace();
        workspaces.add(place);
        Path path = place.path().resolve("agent");
        open = AgentSocket.open(path, agent);
        socket = path;
      }
      return socket;
    }
  }

  /** Removes the checkouts. */
  @Override
  public void close() {
    synchronized (workspaces) {
      if (open != null) {
        try {
          open.close();
        } catch (IOException e) {
          // Nobody can reach it any more: its place is removed.
        }
      }
      workspaces.forEach(Workspace::close);
      workspaces.clear();
    }
  }
}
