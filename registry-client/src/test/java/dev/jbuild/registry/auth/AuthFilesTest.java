package dev.jbuild.registry.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class AuthFilesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  @TempDir Path home = Path.of("unset");
  private final Map<String, String> environment = new HashMap<>();

  @BeforeEach
  void environment() {
    environment.put("HOME", home.toString());
    environment.put("PATH", home.resolve("bin") + ":/usr/bin:/bin");
  }

  private static String auth(String pair) {
    return Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  private Path write(String file, String json) throws IOException {
    Path path = home.resolve(file);
    Files.createDirectories(path.getParent());
    return Files.writeString(path, json);
  }

  private Path config(String json) throws IOException {
    return write(".docker/config.json", json);
  }

  private CredentialStore.Lookup find(String host, String repository) {
    return AuthFiles.from(environment, PATIENCE).find(host, repository);
  }

  private Optional<String> user(String host, String repository) {
    return find(host, repository)
        .credential()
        .map(credential ->
            credential instanceof Credential.Password password
                ? password.user() + "/" + password.secret()
                : credential.description());
  }

  private void helper(String name, String script) throws IOException {
    Path file = write("bin/docker-credential-" + name, "#!/bin/sh\n" + script);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void passwordMayHoldColons() throws IOException {
    config("{\"auths\":{\"ghcr.io\":{\"auth\":\"" + auth("ann:a:b") + "\"}}}");
    assertThat(user("ghcr.io", "x")).contains("ann/a:b");
  }

  @Test
  void dockerHubGoesByAllItsNames() throws IOException {
    config("{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"" + auth("a:b") + "\"}}}");
    assertThat(user("docker.io", "library/debian")).contains("a/b");
    config("{\"auths\":{\"docker.io\":{\"auth\":\"" + auth("c:d") + "\"}}}");
    assertThat(user("docker.io", "library/debian")).contains("c/d");
  }

  @Test
  void keyMayHaveSchemeAndApiPath() throws IOException {
    config("{\"auths\":{\"https://r.example:5000/v2/\":{\"auth\":\"" + auth("a:b") + "\"}}}");
    assertThat(user("r.example:5000", "x")).contains("a/b");
    assertThat(user("r.example", "x")).isEmpty();
  }

  @Test
  void longestPathWins() throws IOException {
    config(
        "{\"auths\":{\"quay.io\":{\"auth\":\""
            + auth("host:1")
            + "\"},\"quay.io/team\":{\"auth\":\""
            + auth("team:2")
            + "\"},\"quay.io/team/app\":{\"auth\":\""
            + auth("app:3")
            + "\"}}}");
    assertThat(user("quay.io", "team/app")).contains("app/3");
    assertThat(user("quay.io", "team/app/sub")).contains("app/3");
    assertThat(user("quay.io", "team/application")).contains("team/2");
    assertThat(user("quay.io", "other")).contains("host/1");
  }

  @Test
  void namedFilesGoBeforeHome() throws IOException {
    config("{\"auths\":{\"r.example\":{\"auth\":\"" + auth("home:1") + "\"}}}");
    Path named =
        write("named.json", "{\"auths\":{\"r.example\":{\"auth\":\"" + auth("named:2") + "\"}}}");
    write("d/config.json", "{\"auths\":{\"r.example\":{\"auth\":\"" + auth("docker:3") + "\"}}}");
    environment.put("DOCKER_CONFIG", home.resolve("d").toString());
    assertThat(user("r.example", "x")).contains("docker/3");
    environment.put("REGISTRY_AUTH_FILE", named.toString());
    assertThat(user("r.example", "x")).contains("named/2");
    assertThat(find("r.example", "x").credential().map(Credential::source))
        .contains(named.toString());
  }

  @Test
  void containersFilesAreRead() throws IOException {
    write(
        ".config/containers/auth.json",
        "{\"auths\":{\"a.example\":{\"auth\":\"" + auth("a:1") + "\"}}}");
    environment.put("XDG_RUNTIME_DIR", home.resolve("run").toString());
    write(
        "run/containers/auth.json",
        "{\"auths\":{\"b.example\":{\"auth\":\"" + auth("b:2") + "\"}}}");
    write(".dockercfg", "{\"c.example\":{\"auth\":\"" + auth("c:3") + "\"}}");
    assertThat(user("a.example", "x")).contains("a/1");
    assertThat(user("b.example", "x")).contains("b/2");
    assertThat(user("c.example", "x")).contains("c/3");
  }

  @Test
  void tokensAreTold() throws IOException {
    config(
        "{\"auths\":{\"a.example\":{\"identitytoken\":\"t1\"},\"b.example\":{\"registrytoken\":\"t2\"}}}");
    assertThat(find("a.example", "").credential().orElseThrow())
        .isInstanceOf(Credential.IdentityToken.class);
    assertThat(find("b.example", "").credential().orElseThrow())
        .isInstanceOf(Credential.RegistryToken.class);
  }

  @Test
  void helperIsAskedByStandardInput() throws IOException {
    config("{\"credHelpers\":{\"r.example\":\"test\"}}");
    helper(
        "test",
        "read host; [ \"$1\" = get ] && echo"
            + " \"{\\\"ServerURL\\\":\\\"$host\\\",\\\"Username\\\":\\\"from-$host\\\",\\\"Secret\\\":\\\"s\\\"}\"\n");
    assertThat(user("r.example", "x")).contains("from-r.example/s");
    assertThat(find("r.example", "x").credential().orElseThrow().source())
        .contains("docker-credential-test")
        .contains("config.json");
  }

  @Test
  void storeIsAskedForDockerHubByItsLoginName() throws IOException {
    config("{\"credsStore\":\"test\"}");
    helper(
        "test",
        "read host; echo \"{\\\"Username\\\":\\\"<token>\\\",\\\"Secret\\\":\\\"$host\\\"}\"\n");
    assertThat(find("docker.io", "library/x").credential().orElseThrow())
        .isEqualTo(
            new Credential.IdentityToken(
                "https://index.docker.io/v1/",
                "credential helper docker-credential-test (named in "
                    + home.resolve(".docker/config.json")
                    + ")"));
  }

  @Test
  void helperThatKnowsNothingIsNoFailure() throws IOException {
    config(
        "{\"credsStore\":\"test\",\"auths\":{\"r.example\":{\"auth\":\"" + auth("a:b") + "\"}}}");
    helper("test", "echo 'credentials not found in native keychain'; exit 1\n");
    assertThat(user("r.example", "x")).contains("a/b");
    assertThat(user("other.example", "x")).isEmpty();
  }

  @Test
  void brokenHelperIsANoteAndNoSecretIsInIt() throws IOException {
    config("{\"credsStore\":\"missing\"}");
    assertThat(find("r.example", "x").notes())
        .anySatisfy(
            note -> assertThat(note).contains("docker-credential-missing").contains("PATH"));
    config("{\"credsStore\":\"../evil\"}");
    assertThat(find("r.example", "x").notes())
        .anySatisfy(note -> assertThat(note).contains("invalid credential helper"));
    config("{\"credsStore\":\"odd\"}");
    helper("odd", "echo 'hunter2 is no json'\n");
    assertThat(find("r.example", "x").notes().toString()).doesNotContain("hunter2");
  }

  @Test
  void whatAFailingHelperSaysIsTold() throws IOException {
    config("{\"credsStore\":\"locked\"}");
    helper("locked", "echo 'the keychain is locked'; exit 3\n");
    assertThat(find("r.example", "x").notes())
        .anySatisfy(note -> assertThat(note).endsWith("ends with 3: the keychain is locked"));
    helper("locked", "echo >&2; echo 'token expired' >&2; exit 1\n");
    assertThat(find("r.example", "x").notes())
        .anySatisfy(note -> assertThat(note).endsWith("ends with 1: token expired"));
  }

  @Test
  void anAnswerBeforeTheFailureIsNotTold() throws IOException {
    config("{\"credsStore\":\"odd\"}");
    helper("odd", "echo '{\"Username\":\"a\",\"Secret\":\"hunter2\"}'; exit 1\n");
    assertThat(find("r.example", "x").notes().toString())
        .contains("ends with 1")
        .doesNotContain("hunter2");
  }

  /**
   * A read of a pipe keeps the carrier of a virtual thread, of which there are as many as
   * processors: with that many helpers that hang nothing else would run, not even their time-outs.
   */
  @Test
  @Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
  void aHelperIsReadByAThreadOfTheSystem() throws Exception {
    config("{\"credsStore\":\"hang\"}");
    helper("hang", "exec sleep 1000\n");
    AuthFiles files = AuthFiles.from(environment, Duration.ofMinutes(10));
    Thread asking =
        Thread.ofVirtual()
            .uncaughtExceptionHandler((thread, cancelled) -> {})
            .start(() -> files.find("r.example", "x"));
    while (Thread.getAllStackTraces().keySet().stream()
        .noneMatch(thread -> thread.getName().equals("docker-credential-hang"))) {
      Thread.onSpinWait();
    }
    asking.interrupt();
    asking.join();
  }

  @Test
  void brokenFileIsANoteThatNamesItButNotItsContent() throws IOException {
    Path file = config("{\"auths\": hunter2");
    assertThat(find("r.example", "x").notes())
        .anySatisfy(note -> assertThat(note).contains(file.toString()).doesNotContain("hunter2"));
  }

  @Test
  void newLoginIsSeenByAnOpenStore() throws IOException {
    AuthFiles files = AuthFiles.from(environment, PATIENCE);
    assertThat(files.find("r.example", "x").credential()).isEmpty();
    AuthFiles.forLogin(environment, PATIENCE).store("r.example", "", "ann", "secret");
    assertThat(files.find("r.example", "x").credential()).isPresent();
  }

  @Test
  void loginKeepsOtherFieldsAndIsReadableByTheOwnerOnly() throws IOException {
    Path file = config("{\"psFormat\":\"table\",\"auths\":{\"old.example\":{\"auth\":\"eDp5\"}}}");
    String where = AuthFiles.forLogin(environment, PATIENCE).store("docker.io", "", "ann", "p:w");
    assertThat(where).isEqualTo(file.toString());
    var json = Json.parseObject(Files.readAllBytes(file), "config");
    assertThat(json.path("psFormat").asText()).isEqualTo("table");
    assertThat(json.path("auths").path("old.example").path("auth").asText()).isEqualTo("eDp5");
    assertThat(json.path("auths").path("https://index.docker.io/v1/").path("auth").asText())
        .isEqualTo(auth("ann:p:w"));
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(user("docker.io", "library/x")).contains("ann/p:w");
  }

  @Test
  void logoutForgetsEverySpelling() throws IOException {
    Path file =
        config(
            "{\"auths\":{\"docker.io\":{\"auth\":\"eDp5\"},\"https://index.docker.io/v1/\":{\"auth\":\"eDp5\"},\"x.example\":{}}}");
    LoginFile auths = AuthFiles.forLogin(environment, PATIENCE);
    assertThat(auths.erase("docker.io", "")).isTrue();
    assertThat(auths.erase("docker.io", "")).isFalse();
    assertThat(Json.parseObject(Files.readAllBytes(file), "config").path("auths").has("x.example"))
        .isTrue();
    assertThat(user("docker.io", "x")).isEmpty();
  }

  @Test
  void linkToTheFileStaysALink() throws IOException {
    Path real = write("dotfiles/config.json", "{}");
    Files.createDirectories(home.resolve(".docker"));
    Path link = Files.createSymbolicLink(home.resolve(".docker/config.json"), real);
    AuthFiles.forLogin(environment, PATIENCE).store("r.example", "", "ann", "x");
    assertThat(link).isSymbolicLink();
    assertThat(Files.readString(real)).contains("r.example");
  }

  @Test
  void loginThroughAHelperLeavesNothingInTheFile() throws IOException {
    Path file = config("{\"credsStore\":\"test\"}");
    helper(
        "test", "cat > " + home.resolve("kept") + "; echo $1 >> " + home.resolve("verbs") + "\n");
    LoginFile auths = AuthFiles.forLogin(environment, PATIENCE);
    assertThat(auths.store("r.example", "", "ann", "secret")).contains("docker-credential-test");
    assertThat(Files.readString(home.resolve("kept")))
        .isEqualTo("{\"ServerURL\":\"r.example\",\"Username\":\"ann\",\"Secret\":\"secret\"}");
    assertThat(Files.readString(file)).isEqualTo("{\"credsStore\":\"test\"}");
    assertThat(auths.erase("r.example", "")).isTrue();
    assertThat(Files.readString(home.resolve("verbs"))).isEqualTo("store\nerase\n");
  }

  private static String entry(String key, String pair) {
    return "\"" + key + "\":{\"auth\":\"" + auth(pair) + "\"}";
  }

  private List<String> others(String host, String repository) {
    AuthFiles files = AuthFiles.from(environment, PATIENCE);
    return files.others(host, repository, files.find(host, repository).credential().orElseThrow());
  }

  @Test
  void whatAnEarlierFileOrALongerPathHidesIsToldWithoutAskingHelpers() throws IOException {
    Path first =
        write(
            ".config/containers/auth.json",
            "{\"auths\":{"
                + entry("quay.io/team", "ann:1")
                + ","
                + entry("quay.io", "bob:2")
                + ","
                + entry("ghcr.io", "ann:1")
                + "}}");
    Path second =
        config(
            "{\"credsStore\":\"missing\",\"credHelpers\":{\"quay.io\":\"gone\"},\"auths\":{"
                + entry("quay.io", "eve:3")
                + ",\"ghcr.io\":{}}}");
    assertThat(others("quay.io", "team/app"))
        .containsExactly(
            "user \"bob\" from " + first,
            "credential helper docker-credential-gone (named in " + second + ")",
            "user \"eve\" from " + second);
    assertThat(others("ghcr.io", "x"))
        .containsExactly("credential helper docker-credential-missing (named in " + second + ")");
  }

  @Test
  void theSameSecretElsewhereIsNoOtherCredential() throws IOException {
    Path first =
        write(".config/containers/auth.json", "{\"auths\":{" + entry("quay.io", "ann:1") + "}}");
    config(
        "{\"auths\":{" + entry("quay.io", "ann:1") + "," + entry("quay.io/team", "ann:2") + "}}");
    assertThat(others("quay.io", "other")).isEmpty();
    assertThat(others("quay.io", "team/app"))
        .containsExactly(
            "user \"ann\" from " + home.resolve(".docker/config.json") + " for \"quay.io/team\"");
    AuthFiles files = AuthFiles.from(environment, PATIENCE);
    assertThat(
            files
                .hiding(home.resolve(".docker/config.json"), "quay.io", "")
                .map(Credential::source))
        .contains(first.toString());
    assertThat(files.hiding(first, "quay.io", "")).isEmpty();
    assertThat(files.hiding(home.resolve(".docker/config.json"), "ghcr.io", "")).isEmpty();
  }

  @Test
  void aPathIsAnEntryOfItsOwn() throws IOException {
    Path file = config("{}");
    LoginFile login = AuthFiles.forLogin(environment, PATIENCE);
    login.store("docker.io", "team/app", "ann", "1");
    login.store("docker.io", "", "bob", "2");
    assertThat(Json.parseObject(Files.readAllBytes(file), "config").path("auths").fieldNames())
        .toIterable()
        .containsExactly("docker.io/team/app", "https://index.docker.io/v1/");
    assertThat(user("docker.io", "team/app")).contains("ann/1");
    assertThat(user("docker.io", "team/other")).contains("bob/2");
    assertThat(login.erase("docker.io", "team")).isFalse();
    assertThat(login.erase("docker.io", "")).isTrue();
    assertThat(user("docker.io", "team/app")).contains("ann/1");
    assertThat(login.erase("docker.io", "team/app")).isTrue();
    assertThat(user("docker.io", "team/app")).isEmpty();
  }

  @Test
  void aHelperKeepsNoPaths() throws IOException {
    Path file = config("{\"credsStore\":\"test\"}");
    helper("test", "echo called >> " + home.resolve("calls") + "\n");
    LoginFile login = AuthFiles.forLogin(environment, PATIENCE);
    assertThatThrownBy(() -> login.store("quay.io", "team", "ann", "hunter2"))
        .isInstanceOf(BuildFailure.class)
        .hasMessageContaining("docker-credential-test")
        .hasMessageContaining("not of \"quay.io/team\"")
        .hasMessageNotContaining("hunter2");
    assertThat(login.erase("quay.io", "team")).isFalse();
    assertThat(Files.readString(file)).doesNotContain("quay.io");
    assertThat(home.resolve("calls")).doesNotExist();
  }

  @Test
  void noCredentialShowsItsSecret() {
    assertThat(new Credential.Password("ann", "hunter2", "here").toString())
        .isEqualTo("user \"ann\" from here");
    assertThat(new Credential.IdentityToken("hunter2", "here").toString())
        .doesNotContain("hunter2");
    assertThat(new Credential.RegistryToken("hunter2", "here").toString())
        .doesNotContain("hunter2");
  }
}
