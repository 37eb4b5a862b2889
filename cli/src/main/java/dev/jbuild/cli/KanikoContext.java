package dev.jbuild.cli;

import dev.jbuild.cli.BuildCommand.Scratch;
import dev.jbuild.engine.BuildRequest;
import dev.jbuild.engine.ContextSource;
import dev.jbuild.engine.SecretSource;
import dev.jbuild.engine.option.KeyValues;
import dev.jbuild.engine.source.GitReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Optional;

/** Kaniko's {@code --context}, with {@code --git} and the variables that belong to it. */
final class KanikoContext {
  private final KanikoFlags flags;

  KanikoContext(KanikoFlags flags) {
    this.flags = flags;
  }

  /** The files of a tar on standard input are put where the scratch directory is. */
  ContextSource read(Console console, Scratch scratch) throws IOException {
    String text = flags.context;
    if (text.startsWith("git://")) {
      return repository(text, console);
    }
    if (!flags.git.isEmpty()) {
      throw new UsageError(
          "--git is for contexts that begin with git://",
          "write the branch behind another repository's URL: URL#BRANCH");
    }
    if (text.startsWith("tar://")) {
      return tar(text, console, scratch);
    }
    if (text.startsWith("s3://") || text.startsWith("gs://") || text.contains(".blob.core.")) {
      throw new UsageError(
          "a context in an object store (" + text + ") is not supported",
          "fetch it first and give it as tar://FILE or tar://stdin, or give its https:// URL");
    }
    if (text.contains("://") && !text.startsWith("dir://")) {
      return ContextArgument.parse(text);
    }
    String directory = text.startsWith("dir://") ? text.substring("dir://".length()) : text;
    if (flags.contextSubPath != null) {
      directory = Path.of(directory, flags.contextSubPath).toString();
    }
    return ContextArgument.directory("build context", directory);
  }

  private static ContextSource tar(String text, Console console, Scratch scratch)
      throws IOException {
    String file = text.substring("tar://".length());
    if (file.equals("stdin")) {
      StandardInput input = StandardInput.read(console.in(), scratch::directory);
      if (input.isDockerfile()) {
        throw new UsageError("standard input is not a tar archive");
      }
      return input.context();
    }
    if (!Files.isRegularFile(Path.of(file))) {
      throw new UsageError("context \"" + text + "\" does not exist");
    }
    return new ContextSource.Archive(Path.of(file));
  }

  /**
   * Kaniko's {@code git://HOST/PATH[#REF[#COMMIT]]} means a repository over https; the port of
   * git's own protocol is not asked.
   */
  private ContextSource repository(String text, Console console) {
    String[] parts = text.substring("git://".length()).split("#", 3);
    String method = console.variable("GIT_PULL_METHOD").orElse("https");
    if (!method.equals("https") && !method.equals("http")) {
      throw new UsageError("$GIT_PULL_METHOD \"" + method + "\" is neither https nor http");
    }
    String url = method + "://" + parts[0] + (parts[0].endsWith(".git") ? "" : ".git");
    String ref = parts.length == 1 ? branch() : parts[parts.length - 1];
    String subdir = flags.contextSubPath == null ? "" : ":" + flags.contextSubPath;
    return ContextArgument.parse(
        ref.isEmpty() && subdir.isEmpty() ? url : url + "#" + ref + subdir);
  }

  /** Of {@code --git}; what else it says holds anyway, or is refused. */
  private String branch() {
    String branch = "";
    for (String flag : flags.git) {
      for (String pair : flag.split(",")) {
        int equals = pair.indexOf('=');
        String key = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : pair.substring(equals + 1);
        switch (key) {
          case "branch" -> branch = value;
          // One commit is fetched, and the submodules with it.
          case "single-branch", "recurse-submodules" -> KeyValues.bool("--git " + key, value);
          case "insecure-skip-tls" -> {
            if (KeyValues.bool("--git " + key, value)) {
              throw new UsageError(
                  "--git insecure-skip-tls=true is not supported",
                  "name the server's authority with $SSL_CERT_FILE");
            }
          }
          default ->
              throw new UsageError(
                  "--git has no \"" + key + "\"",
                  "it takes branch, single-branch and recurse-submodules, as KEY=VALUE");
        }
      }
    }
    return branch;
  }

  /** {@code GIT_TOKEN}, or {@code GIT_USERNAME} and {@code GIT_PASSWORD}: for this host alone. */
  static void credentials(ContextSource context, Console console, BuildRequest.Builder request) {
    if (!(context instanceof ContextSource.Git git)) {
      return;
    }
    Optional<GitReference> repository = GitReference.parse(git.url(), GitReference.Place.CONTEXT);
    if (repository.isEmpty()) {
      return;
    }
    String host = repository.get().host();
    Optional<String> token = console.variable("GIT_TOKEN");
    Optional<String> password = console.variable("GIT_PASSWORD");
    if (token.isPresent()) {
      secret(request, "GIT_AUTH_TOKEN." + host, token.get());
    } else if (password.isPresent()) {
      String pair = console.variable("GIT_USERNAME").orElse("") + ":" + password.get();
      String code = Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
      secret(request, "GIT_AUTH_HEADER." + host, "basic " + code);
    }
  }

  private static void secret(BuildRequest.Builder request, String id, String value) {
    request.secret(id, new SecretSource.Value(value.getBytes(StandardCharsets.UTF_8)));
  }
}
