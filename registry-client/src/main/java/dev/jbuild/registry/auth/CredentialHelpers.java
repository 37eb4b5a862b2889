package dev.jbuild.registry.auth;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Pattern;

/**
 * Programs {@code docker-credential-NAME} that keep credentials (docker-credential-helpers
 * protocol: a verb as argument, the server or a JSON object on standard input). Secrets pass
 * through pipes only, never through arguments. Thread-safe.
 */
final class CredentialHelpers {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.+-]*");
  private static final String TOKEN_USER = "<token>";
  private static final int ANSWER_LIMIT = 1 << 20;

  private final Map<String, String> environment;
  private final Duration timeout;

  CredentialHelpers(Map<String, String> environment, Duration timeout) {
    this.environment = environment;
    this.timeout = timeout;
  }

  /** What a credential of this helper says of where it comes from. */
  static String source(String name, String namedIn) {
    return "credential helper docker-credential-" + name + " (named in " + namedIn + ")";
  }

  /**
   * Asks for the credential of a server.
   *
   * @param namedIn the file that names the helper, for messages
   * @return empty if the helper says that it has none
   * @throws BuildFailure if it cannot be run, fails, or takes too long
   */
  Optional<Credential> get(String name, String server, String namedIn) {
    Answer answer = run(name, "get", server.getBytes(StandardCharsets.UTF_8), namedIn);
    String source = source(name, namedIn);
    if (answer.exit != 0) {
      if (answer.isNotFound()) {
        return Optional.empty();
      }
      throw new BuildFailure(BuildFailure.Kind.UNAUTHORIZED, source + answer.ending());
    }
    ObjectNode object;
    try {
      object = Json.parseObject(answer.text.getBytes(StandardCharsets.UTF_8), source);
    } catch (BuildFailure e) {
      // The cause quotes the input, which may be the secret.
      throw new BuildFailure(
          BuildFailure.Kind.UNAUTHORIZED, source + " answers with something that is not JSON");
    }
    String user = object.path("Username").asText("");
    String secret = object.path("Secret").asText("");
    if (secret.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        user.equals(TOKEN_USER) || user.isEmpty()
            ? new Credential.IdentityToken(secret, source)
            : new Credential.Password(user, secret, source));
  }

  /** Stores a password, replacing the server's earlier one. */
  void store(String name, String server, String user, String secret, String namedIn) {
    ObjectNode object = Json.object();
    object.put("ServerURL", server).put("Username", user).put("Secret", secret);
    Answer answer = run(name, "store", Json.compact(object), namedIn);
    check(answer, name, "store", namedIn);
  }

  /** Forgets the server. A server it does not know is no failure. */
  void erase(String name, String server, String namedIn) {
    Answer answer = run(name, "erase", server.getBytes(StandardCharsets.UTF_8), namedIn);
    if (!answer.isNotFound()) {
      check(answer, name, "erase", namedIn);
    }
  }

  private static void check(Answer answer, String name, String verb, String namedIn) {
    if (answer.exit != 0) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          "docker-credential-"
              + name
              + " "
              + verb
              + " (named in "
              + namedIn
              + ")"
              + answer.ending());
    }
  }

  private record Answer(int exit, String text, String errors) {
    boolean isNotFound() {
      return text.toLowerCase(Locale.ROOT).contains("not found");
    }

    /** How it ended and why: helpers of Docker's own give the reason where the answer would be. */
    String ending() {
      // What it wrote before it failed may be the answer itself.
      boolean isAnswer = text.stripLeading().startsWith("{") || text.contains("Secret");
      String said = isAnswer || text.isBlank() ? errors.strip() : text.strip();
      return " ends with " + exit + (said.isEmpty() ? "" : ": " + firstLine(said));
    }

    private static String firstLine(String text) {
      String line = text.lines().findFirst().orElse("");
      return line.length() > 200 ? line.substring(0, 200) + "…" : line;
    }
  }

  private Answer run(String name, String verb, byte[] input, String namedIn) {
    Path program = program(name, namedIn);
    ProcessBuilder builder = new ProcessBuilder(program.toString(), verb);
    builder.environment().clear();
    builder.environment().putAll(environment);
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          "credential helper \"" + program + "\" cannot be run: " + e.getMessage(),
          e);
    }
    FutureTask<String> output = reading(process.getInputStream(), name);
    FutureTask<String> errors = reading(process.getErrorStream(), name);
    try {
      try (OutputStream out = process.getOutputStream()) {
        out.write(input);
      } catch (IOException e) {
        // It may end without reading its input; its exit code tells whether that was right.
      }
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        throw tooLong(name, namedIn);
      }
      return new Answer(
          process.exitValue(),
          output.get(timeout.toMillis(), TimeUnit.MILLISECONDS),
          errors.get(timeout.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BuildFailure(BuildFailure.Kind.CANCELLED, "cancelled", e);
    } catch (TimeoutException e) {
      throw tooLong(name, namedIn);
    } catch (ExecutionException e) {
      throw new BuildFailure(
          BuildFailure.Kind.UNAVAILABLE,
          "the answer of docker-credential-" + name + " cannot be read",
          e);
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /**
   * Reads a pipe in a thread of the system: a virtual one would keep its carrier while it waits,
   * and as many helpers as there are processors would stop every virtual thread of the process.
   */
  private static FutureTask<String> reading(InputStream pipe, String name) {
    FutureTask<String> text =
        new FutureTask<>(() -> {
          try (pipe) {
            return new String(pipe.readNBytes(ANSWER_LIMIT), StandardCharsets.UTF_8);
          }
        });
    Thread.ofPlatform().daemon().name("docker-credential-" + name).start(text);
    return text;
  }

  private BuildFailure tooLong(String name, String namedIn) {
    return new BuildFailure(
        BuildFailure.Kind.UNAVAILABLE,
        "docker-credential-"
            + name
            + " (named in "
            + namedIn
            + ") does not answer within "
            + timeout.toSeconds()
            + " s");
  }

  private Path program(String name, String namedIn) {
    if (!NAME.matcher(name).matches()) {
      throw new BuildFailure(
          BuildFailure.Kind.USER, "invalid credential helper \"" + name + "\" in " + namedIn);
    }
    String file = "docker-credential-" + name;
    for (String folder : environment.getOrDefault("PATH", "").split(":", -1)) {
      if (!folder.isEmpty() && Files.isExecutable(Path.of(folder, file))) {
        return Path.of(folder, file);
      }
    }
    throw new BuildFailure(
        BuildFailure.Kind.NOT_FOUND,
        "credential helper \"" + file + "\" (named in " + namedIn + ") is not on PATH");
  }
}
