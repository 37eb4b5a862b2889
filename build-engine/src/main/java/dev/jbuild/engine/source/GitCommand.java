package dev.jbuild.engine.source;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The git program for one repository, cut off from everything it would read by itself: no
 * configuration, credentials, hooks, templates or keys of a user or of the machine, no prompts, and
 * no transport but those named here, for submodules too.
 *
 * <p>Settings and credentials are passed in the environment, which only the user and root can read;
 * an argument everyone could. Git hands such settings on to the git of its submodules, but not to
 * the server's side of a local repository.
 */
final class GitCommand {
  /** What a user may have to set for git to get out of the house. */
  private static final List<String> PASSED =
      List.of(
          "PATH",
          "http_proxy",
          "https_proxy",
          "HTTPS_PROXY",
          "all_proxy",
          "ALL_PROXY",
          "no_proxy",
          "NO_PROXY",
          "SSL_CERT_FILE",
          "SSL_CERT_DIR",
          "GIT_SSL_CAINFO",
          "GIT_SSL_CAPATH");

  private static final List<String> PROTOCOLS = List.of("http", "https", "ssh", "git");

  private static final String DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin";

  /** Git's message when what it speaks through has ended. */
  private static final String CONNECTION_LOST = "Could not read from remote repository";

  private static final int LONGEST_OUTPUT = 64 << 20;
  private static final int LONGEST_ERROR = 64 << 10;

  private final GitReference repository;
  private final Map<String, String> headers;
  private final Path home;
  private final Map<String, String> environment = new LinkedHashMap<>();

  /**
   * @param process the environment of this process
   * @param home an empty directory of our own
   * @param agent socket of the SSH agent with the keys to use, if there is one
   */
  GitCommand(
      GitReference repository,
      Map<String, String> headers,
      Map<String, String> process,
      Path home,
      @Nullable Path agent) {
    this.repository = repository;
    this.headers = Map.copyOf(headers);
    this.home = home;
    for (String name : PASSED) {
      String value = process.get(name);
      if (value != null) {
        environment.put(name, value);
      }
    }
    environment.putIfAbsent("PATH", DEFAULT_PATH);
    environment.put("LC_ALL", "C");
    environment.put("HOME", home.toString());
    environment.put("XDG_CONFIG_HOME", home.toString());
    environment.put("GIT_CONFIG_NOSYSTEM", "1");
    environment.put("GIT_CONFIG_GLOBAL", "/dev/null");
    environment.put("GIT_ATTR_NOSYSTEM", "1");
    environment.put("GIT_TERMINAL_PROMPT", "0");
    environment.put("GIT_OPTIONAL_LOCKS", "0");
    if (!repository.scheme().equals("file")) {
      environment.put("GIT_ALLOW_PROTOCOL", String.join(":", PROTOCOLS));
    }
    environment.put("GIT_SSH_VARIANT", "ssh");
    environment.put("GIT_SSH_COMMAND", ssh(process.get("HOME")));
    if (agent != null) {
      environment.put("SSH_AUTH_SOCK", agent.toString());
    }
    settings(headers);
  }

  private void settings(Map<String, String> headers) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "core.hooksPath=/dev/null",
                "core.fsmonitor=false",
                "core.autocrlf=false",
                "credential.helper=",
                "gc.auto=0",
                "maintenance.auto=false",
                "advice.detachedHead=false",
                "fetch.recurseSubmodules=false",
                "protocol.allow=never",
                "http.lowSpeedLimit=100",
                "http.lowSpeedTime=60"));
    if (!headers.isEmpty()) {
      // Git would send the header to wherever the server sends it.
      settings.add("http.followRedirects=false");
    }
    for (String protocol : PROTOCOLS) {
      settings.add("protocol." + protocol + ".allow=always");
    }
    if (repository.scheme().equals("file")) {
      // That the user named it himself does not let its submodules name others of his disk.
      settings.add("protocol.file.allow=user");
    }
    headers.forEach((prefix, header) -> settings.add("http." + prefix + ".extraHeader=" + header));
    for (int i = 0; i < settings.size(); i++) {
      String setting = settings.get(i);
      int equals = setting.indexOf('=');
      environment.put("GIT_CONFIG_KEY_" + i, setting.substring(0, equals));
      environment.put("GIT_CONFIG_VALUE_" + i, setting.substring(equals + 1));
    }
    environment.put("GIT_CONFIG_COUNT", String.valueOf(settings.size()));
  }

  /** Hosts are known by the user's files; keys come from an agent that was given and no file. */
  private static String ssh(@Nullable String userHome) {
    String command =
        "ssh -F /dev/null -o BatchMode=yes -o StrictHostKeyChecking=yes -o IdentityFile=none"
            + " -o ConnectTimeout=30 -o ServerAliveInterval=30 -o ServerAliveCountMax=3";
    if (userHome == null || userHome.contains("\"") || userHome.contains("'")) {
      return command;
    }
    return command + " -o 'UserKnownHostsFile=\"" + userHome + "/.ssh/known_hosts\"'";
  }

  /**
   * Runs git.
   *
   * @param directory where
   * @return what it wrote to standard output
   * @throws BuildFailure when it did not end well, in the words of its own last message
   */
  String run(Path directory, String... arguments) throws IOException {
    Path out = Files.createTempFile(home, "out-", "");
    Path err = Files.createTempFile(home, "err-", "");
    try {
      int code = execute(directory, out, err, arguments);
      if (code != 0) {
        throw failure(arguments[0], read(err, LONGEST_ERROR), code);
      }
      if (Files.size(out) > LONGEST_OUTPUT) {
        throw new BuildFailure(
            Kind.UNAVAILABLE, "git " + arguments[0] + " of " + shown() + ": too long an answer");
      }
      return read(out, LONGEST_OUTPUT);
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  private int execute(Path directory, Path out, Path err, String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of("git"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectInput(new File("/dev/null"))
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new BuildFailure(
          Kind.UNSUPPORTED,
          "there is no git program to fetch " + shown() + " with",
          "install git",
          e);
    }
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new BuildFailure(Kind.CANCELLED, "fetching " + shown() + " was cancelled", e);
    }
  }

  private static String read(Path file, int most) throws IOException {
    try (var in = Files.newInputStream(file)) {
      return new String(in.readNBytes(most), StandardCharsets.UTF_8);
    }
  }

  private BuildFailure failure(String verb, String errors, int code) {
    String said = GitCredentials.redact(message(errors, code), headers);
    String all = errors.toLowerCase(java.util.Locale.ROOT);
    Kind kind = Kind.UNAVAILABLE;
    String hint = null;
    if (all.contains("remote host identification has changed")) {
      kind = Kind.UNAUTHORIZED;
      hint =
          "the host's key is not the one in ~/.ssh/known_hosts: somebody may be in between, or it"
              + " was renewed";
    } else if (all.contains("host key verification failed")) {
      kind = Kind.UNAUTHORIZED;
      hint = "put the host's key into ~/.ssh/known_hosts";
    } else if (all.contains("permission denied (publickey")) {
      kind = Kind.UNAUTHORIZED;
      hint = "give an agent that has the key with --ssh default";
    } else if (all.contains("could not read username")
        || all.contains("authentication failed")
        || all.contains("error: 401")
        || all.contains("error: 403")) {
      kind = Kind.UNAUTHORIZED;
      hint = "give a token with --secret id=GIT_AUTH_TOKEN." + repository.host();
    } else if (all.contains("unable to update url base from redirection")
        || all.contains("error: 301")
        || all.contains("error: 302")) {
      hint = "write the address it has moved to: redirects are not followed with a token";
    } else if (all.contains("not found") || all.contains("does not exist")) {
      kind = Kind.NOT_FOUND;
    }
    return new BuildFailure(kind, "git " + verb + " of " + shown() + ": " + said, hint, null);
  }

  /** The first line that says what is wrong; those that follow mostly say that something is. */
  private static String message(String errors, int code) {
    String before = "";
    for (String line : errors.split("\n")) {
      for (String mark : List.of("fatal: ", "error: ", "ERROR: ")) {
        int at = line.indexOf(mark);
        if (at >= 0) {
          String said = line.substring(at + mark.length()).strip();
          // What went wrong is then in the last words of ssh, which has no mark.
          return said.startsWith(CONNECTION_LOST) && !before.isEmpty() ? before : said;
        }
      }
      before = line.isBlank() ? before : line.strip();
    }
    return before.isEmpty() ? "it ends with " + code : before;
  }

  private String shown() {
    return "\"" + repository.remote() + "\"";
  }
}
