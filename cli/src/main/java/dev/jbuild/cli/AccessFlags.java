package dev.jbuild.cli;

import dev.jbuild.engine.SecretSource;
import dev.jbuild.engine.option.KeyValues;
import dev.jbuild.engine.ssh.SshAgent;
import dev.jbuild.failure.BuildFailure;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;

/** {@code --secret} and {@code --ssh}: what steps may use and never keep. */
final class AccessFlags {
  private static final Set<String> KEYS = Set.of("id", "src", "source", "env", "type");

  private AccessFlags() {}

  /**
   * {@code id=ID[,src=FILE|env=NAME][,type=file|env]}; without a source the environment variable of
   * that name is meant if there is one, else the file of that name, as buildx has it.
   */
  static void secrets(List<String> flags, Console console, BiConsumer<String, SecretSource> sink) {
    for (String flag : flags) {
      Map<String, String> fields = KeyValues.map("--secret", flag, KEYS);
      String source = fields.getOrDefault("src", fields.getOrDefault("source", ""));
      String env = fields.getOrDefault("env", "");
      String id = fields.getOrDefault("id", source.isEmpty() ? env : source);
      if (id.isEmpty()) {
        throw new UsageError("--secret \"" + flag + "\" has no id");
      }
      String type = fields.getOrDefault("type", "");
      if (!Set.of("", "file", "env").contains(type)) {
        throw new UsageError("--secret type \"" + type + "\" is neither file nor env");
      }
      if (type.equals("env") && env.isEmpty()) {
        env = source.isEmpty() ? id : source;
        source = "";
      }
      if (env.isEmpty() && source.isEmpty()) {
        if (type.isEmpty() && console.env().containsKey(id)) {
          env = id;
        } else {
          source = id;
        }
      }
      sink.accept(id, source.isEmpty() ? variable(env, console) : file(id, source));
    }
  }

  private static SecretSource variable(String name, Console console) {
    String value = console.env().get(name);
    if (value == null) {
      throw new UsageError("the environment has no variable \"" + name + "\" for --secret");
    }
    return new SecretSource.Value(value.getBytes(StandardCharsets.UTF_8));
  }

  private static SecretSource file(String id, String name) {
    Path path = Path.of(name);
    if (!Files.isRegularFile(path)) {
      throw new UsageError("secret \"" + id + "\": there is no file \"" + name + "\"");
    }
    return new SecretSource.File(path);
  }

  /**
   * {@code ID[=SOCKET|KEY[,KEY…]]}: an agent by its socket, or private key files that an agent of
   * this process serves; the agent of the environment where nothing is named.
   */
  static void agents(List<String> flags, Console console, BiConsumer<String, SshAgent> sink) {
    for (String flag : flags) {
      int equals = flag.indexOf('=');
      String id = equals < 0 ? flag : flag.substring(0, equals);
      String named = equals < 0 ? "" : flag.substring(equals + 1);
      if (id.isEmpty()) {
        throw new UsageError("--ssh \"" + flag + "\" has no id");
      }
      List<String> paths = List.of(named.split(",", -1));
      if (named.isEmpty()) {
        paths = List.of(console.env().getOrDefault("SSH_AUTH_SOCK", ""));
      }
      if (paths.contains("")) {
        throw new UsageError(
            named.isEmpty()
                ? "--ssh " + id + ": no SSH agent is running"
                : "--ssh \"" + flag + "\" has an empty path",
            named.isEmpty() ? "start one, or name its socket or a key: " + id + "=PATH" : null);
      }
      try {
        sink.accept(id, SshAgent.of(paths));
      } catch (BuildFailure failure) {
        throw new UsageError("--ssh " + id + ": " + failure.text(), failure.hint().orElse(null));
      }
    }
  }
}
