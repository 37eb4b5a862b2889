package dev.jbuild.engine;

import static dev.jbuild.engine.GitServer.commit;
import static dev.jbuild.engine.GitServer.git;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.jbuild.engine.source.GitCredentials;
import dev.jbuild.engine.source.GitReference;
import dev.jbuild.engine.source.GitRepositories;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** ADD of git repositories, from a real git server. */
final class AddGitTest {
  @TempDir Path folder;

  private Bench bench;
  private GitServer server;
  private Path repository;
  private String url;

  @BeforeEach
  void open() throws IOException {
    assumeTrue(GitServer.isPossible(), "git is not installed");
    bench = new Bench(folder);
    server = new GitServer(folder.resolve("repositories"));
    repository = server.create("app.git");
    Files.writeString(repository.resolve("run"), "#!/bin/sh\n");
    Files.setPosixFilePermissions(
        repository.resolve("run"), PosixFilePermissions.fromString("rwx------"));
    Files.createSymbolicLink(repository.resolve("link"), Path.of("sub/file"));
    commit(repository, "sub/file", "one");
    // How git makes a repository with a work tree look like a bare one to http-backend.
    url = server.url("app.git/.git");
  }

  @AfterEach
  void close() {
    if (server != null) {
      server.close();
      bench.close();
    }
  }

  private static String add(String url) {
    return "FROM scratch\nADD " + url + " /src\n";
  }

  @Test
  void filesComeOwnedByRootWithGitsModesAndWithoutGitDirectory() {
    bench.build(add(url));
    assertThat(bench.file("src/sub/file")).isEqualTo("one");
    assertThat(bench.entry("src/run").attributes().mode()).isEqualTo(0755);
    assertThat(bench.entry("src/sub/file").attributes().mode()).isEqualTo(0644);
    assertThat(bench.entry("src/sub").attributes().mode()).isEqualTo(0755);
    assertThat(((TreeEntry.Symlink) bench.entry("src/link")).target()).isEqualTo("sub/file");
    assertThat(bench.file("src/.git/HEAD")).isNull();
    assertThat(bench.image().config().history().getFirst().createdBy())
        .isEqualTo("ADD " + url + " /src # buildkit");
  }

  @Test
  void unmovedBranchIsAHitWithoutFetchingAndAMovedOneAMissThatNamesTheCommits() {
    String first = git(repository, "rev-parse", "HEAD");
    bench.build(add(url + "#main"));
    server.asked();
    bench.build(add(url + "#main"));
    assertThat(bench.ran()).isEmpty();
    assertThat(server.asked()).filteredOn(request -> request.contains("upload-pack")).hasSize(2);
    String second = commit(repository, "sub/file", "two");
    bench.build(add(url + "#main"));
    assertThat(bench.file("src/sub/file")).isEqualTo("two");
    assertThat(bench.reason("ADD " + url + "#main /src")).contains(first).contains(second);
  }

  @Test
  void commitThatLeavesTheAddedFilesAsTheyWereIsAHit() {
    bench.build(add(url + "#main:sub"));
    commit(repository, "README", "elsewhere");
    bench.build(add(url + "#main:sub"));
    assertThat(bench.ran()).isEmpty();
    assertThat(bench.file("src/file")).isEqualTo("one");
  }

  @Test
  void branchTagPullRequestAndCommitAreFound() {
    git(repository, "tag", "light");
    git(repository, "tag", "-a", "-m", "x", "v1");
    String old = git(repository, "rev-parse", "HEAD");
    String pull = commit(repository, "sub/file", "pull");
    git(repository, "update-ref", "refs/pull/7/head", pull);
    git(repository, "reset", "-q", "--hard", old);
    git(repository, "branch", "v1", pull);
    commit(repository, "sub/file", "new");
    for (String ref :
        new String[] {"#light", "#refs/tags/v1", "?tag=v1", "#" + old, "?ref=light"}) {
      bench.build(add(url + ref));
      assertThat(bench.file("src/sub/file")).as(ref).isEqualTo("one");
    }
    for (String ref : new String[] {"#pull/7/head", "#v1", "?branch=v1", "#" + pull + ":/"}) {
      bench.build(add(url + ref));
      assertThat(bench.file("src/sub/file")).as(ref).isEqualTo("pull");
    }
    bench.build(add(url + "?branch=main&subdir=sub"));
    assertThat(bench.file("src/file")).isEqualTo("new");
  }

  @Test
  void historyIsNotFetchedWhereTheServerAllows() {
    for (int i = 0; i < 5; i++) {
      commit(repository, "n" + i, "x");
    }
    bench.build("FROM scratch\nADD --keep-git-dir=true " + url + " /src\n");
    assertThat(bench.file("src/.git/shallow"))
        .isEqualTo(git(repository, "rev-parse", "HEAD") + "\n");
  }

  @Test
  void keptGitDirectoryIsTheSameInEveryBuildAndNamesTheTag() throws IOException {
    git(repository, "tag", "-a", "-m", "x", "v1");
    String dockerfile = "FROM scratch\nADD --keep-git-dir " + url + "#v1 /src\n";
    bench.build(dockerfile, request -> request.sourceDateEpoch(0L));
    var first = bench.image().config().diffIds();
    bench.build(dockerfile, request -> request.sourceDateEpoch(0L).noCache(true));
    assertThat(bench.image().config().diffIds()).isEqualTo(first);
    assertThat(bench.file("src/.git/config")).contains(url);
    assertThat(bench.entry("src/.git/refs/tags/v1")).isNotNull();
    assertThat(bench.file("src/.git/logs/HEAD")).isNull();
  }

  @Test
  void submodulesAreFetchedUnlessRefused() {
    Path library = server.create("lib.git");
    commit(library, "lib.c", "int x;");
    git(repository, "submodule", "--quiet", "add", library.toUri().toString(), "deps/lib");
    git(
        repository,
        "config",
        "-f",
        ".gitmodules",
        "submodule.deps/lib.url",
        server.url("lib.git/.git"));
    commit(repository, "x", "with a submodule");
    bench.build(add(url));
    assertThat(bench.file("src/deps/lib/lib.c")).isEqualTo("int x;");
    assertThat(bench.file("src/deps/lib/.git")).isNull();
    bench.build(add(url + "?submodules=false"));
    assertThat(bench.file("src/deps/lib/lib.c")).isNull();
  }

  @Test
  void submoduleOfTheBuildersOwnDiskIsRefused() {
    Path secret = server.create("secret.git");
    commit(secret, "key", "private");
    git(repository, "submodule", "--quiet", "add", secret.toUri().toString(), "deps/secret");
    commit(repository, "x", "with a submodule");
    assertThatThrownBy(() -> bench.build(add(url))).hasMessageContaining("'file' not allowed");
  }

  @Test
  void repositoryOfSha256Works() {
    Path other = server.create("new.git", "--object-format=sha256");
    String commit = commit(other, "f", "sha256");
    assertThat(commit).hasSize(64);
    bench.build(add(server.url("new.git/.git") + "#main"));
    assertThat(bench.file("src/f")).isEqualTo("sha256");
    bench.build(add(server.url("new.git/.git") + "#" + commit));
    assertThat(bench.file("src/f")).isEqualTo("sha256");
  }

  @Test
  void checksumIsHeldAndMayBeAPrefix() {
    String head = git(repository, "rev-parse", "HEAD");
    bench.build("FROM scratch\nADD --checksum=" + head + " " + url + " /src\n");
    bench.build(add(url + "?checksum=" + head.substring(0, 12)));
    String wrong = "1234567890".repeat(4);
    assertThatThrownBy(
            () -> bench.build("FROM scratch\nADD --checksum=" + wrong + " " + url + " /src\n"))
        .isInstanceOf(LocatedFailure.class)
        .hasMessageContaining(head)
        .hasMessageContaining(wrong);
    commit(repository, "sub/file", "two");
    bench.build(add(url + "?fetch-by-commit=true&ref=main&checksum=" + head));
    assertThat(bench.file("src/sub/file")).isEqualTo("one");
  }

  @Test
  void timesMayBeTheCommits() {
    bench.build(add(url + "?mtime=commit"));
    assertThat(bench.entry("src/sub/file").attributes().mtime())
        .isEqualTo(Instant.parse("2001-02-03T04:05:06Z"));
  }

  @Test
  void tokenReachesItsHostAloneAndIsNeverShown() {
    server.require(
        "basic "
            + Base64.getEncoder()
                .encodeToString("x-access-token:s3cret-token".getBytes(StandardCharsets.UTF_8)));
    SecretSource token = new SecretSource.Value("s3cret-token".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(
            () -> bench.build(add(url), request -> request.secret("GIT_AUTH_TOKEN", token)))
        .as("a token without a host goes over TLS only")
        .isInstanceOfSatisfying(
            BuildFailure.class,
            failure -> {
              assertThat(failure.kind()).isEqualTo(BuildFailure.Kind.UNAUTHORIZED);
              assertThat(failure.hint().orElse("")).contains("GIT_AUTH_TOKEN." + server.host());
            });
    bench.build(
        "FROM scratch\nADD --keep-git-dir=true " + url + " /src\n",
        request -> request.secret("GIT_AUTH_TOKEN." + server.host(), token));
    assertThat(bench.file("src/sub/file")).isEqualTo("one");
    assertThat(bench.file("src/.git/config"))
        .doesNotContain("s3cret")
        .doesNotContain("extraheader");
    assertThat(bench.events().toString()).doesNotContain("s3cret-token");
  }

  @Test
  void tokenIsNotTakenAlongWhenTheServerSendsElsewhere() throws IOException {
    try (GitServer other = new GitServer(folder.resolve("other"))) {
      server.moveTo("http://" + other.host());
      SecretSource token = new SecretSource.Value("s3cret-token".getBytes(StandardCharsets.UTF_8));
      assertThatThrownBy(() ->
              bench.build(
                  add(url), request -> request.secret("GIT_AUTH_TOKEN." + server.host(), token)))
          .isInstanceOf(LocatedFailure.class);
      assertThat(other.asked()).isEmpty();
    }
  }

  @Test
  void tokenThatTheServerQuotesIsCutOutOfItsMessage() {
    server.quoteCredentials();
    SecretSource token = new SecretSource.Value("s3cret-token".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() ->
            bench.build(
                add(url), request -> request.secret("GIT_AUTH_TOKEN." + server.host(), token)))
        .isInstanceOf(LocatedFailure.class)
        .hasMessageContaining("not ***, *** either");
  }

  @Test
  void whatIsMissingOrMalformedIsToldAtItsPlace() {
    for (String[] each :
        new String[][] {
          {url + "#none", "no branch, tag or ref \"none\""},
          {url + "#main:none", "no directory \"none\""},
          {url + "#--upload-pack=x", "not the name of a branch"},
          {url + "#a..b", "not the name of a branch"},
          {url + "?depth=1", "unknown parameter \"depth\""},
          {url.replace("//", "//me:pass@"), "history"},
          {"file:///srv/app.git", "builder's own disk"},
          {"ssh://-oProxyCommand=x/app.git", "no proper host"},
          {server.url("absent.git"), "not found"},
        }) {
      assertThatThrownBy(() -> bench.build(add(each[0])))
          .as(each[0])
          .isInstanceOf(LocatedFailure.class)
          .hasMessageContaining(each[1])
          .hasMessageNotContaining("me:pass");
    }
  }

  @Test
  void hooksFiltersAndConfigurationOfTheUserAreNotUsed() throws IOException {
    Path trace = folder.resolve("trace");
    Path home = Files.createDirectories(folder.resolve("home"));
    Path hook = Files.createDirectories(home.resolve("hooks")).resolve("post-checkout");
    Files.writeString(hook, "#!/bin/sh\ntouch " + trace + "\n");
    Files.setPosixFilePermissions(hook, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.writeString(
        home.resolve(".gitconfig"),
        "[core]\nhooksPath = %s\n[filter \"f\"]\nsmudge = touch %s\n[url \"http://127.0.0.1:1/\"]\ninsteadOf = %s\n"
            .formatted(home.resolve("hooks"), trace, server.url("")));
    commit(repository, ".gitattributes", "* filter=f\n");
    GitCredentials.Secrets none =
        new GitCredentials.Secrets() {
          @Override
          public Set<String> ids() {
            return Set.of();
          }

          @Override
          public Optional<byte[]> read(String id) {
            return Optional.empty();
          }
        };
    Map<String, String> environment =
        Map.of(
            "HOME", home.toString(),
            "XDG_CONFIG_HOME", home.toString(),
            "GIT_CONFIG_GLOBAL", home.resolve(".gitconfig").toString(),
            "GIT_TEMPLATE_DIR", home.toString());
    GitReference reference = GitReference.parse(url, GitReference.Place.ADD).orElseThrow();
    try (GitRepositories repositories =
            new GitRepositories(bench.store(), new GitCredentials(none), environment, null);
        FileTree tree = repositories.checkout(repositories.resolve(reference))) {
      assertThat(tree.find(BytePath.of("sub/file"))).isPresent();
    }
    assertThat(trace).doesNotExist();
  }
}
