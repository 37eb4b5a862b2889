package dev.jbuild.engine.ssh;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What answers for a build where it asks for an SSH agent: {@code --ssh}. */
public sealed interface SshAgent {
  /** An agent that runs on this machine. */
  record Socket(Path path) implements SshAgent {}

  /** Keys of files, which live in this process only. */
  record Keys(List<SshKey> keys) implements SshAgent {
    public Keys {
      keys = List.copyOf(keys);
    }
  }

  /**
   * An agent's socket, or private key files, which are read here and not again.
   *
   * @param names one socket, or one or more files
   * @throws BuildFailure {@code NOT_FOUND} if there is no such file, {@code USER} if it is neither,
   *     or a key that cannot be read or used
   */
  static SshAgent of(List<String> names) {
    List<SshKey> keys = new ArrayList<>();
    for (String name : names) {
      Path path = Path.of(name);
      if (!Files.exists(path)) {
        throw new BuildFailure(Kind.NOT_FOUND, "there is no socket or key file \"" + name + "\"");
      }
      if (Files.isDirectory(path)) {
        throw new BuildFailure(
            Kind.USER, "\"" + name + "\" is a directory, neither a socket nor a key file");
      }
      if (isSocket(path)) {
        if (names.size() > 1) {
          throw new BuildFailure(
              Kind.USER,
              "\"" + name + "\" is an agent's socket, beside which nothing else can be given",
              "name one socket, or key files, or use an id for each",
              null);
        }
        return new Socket(path);
      }
      keys.add(KeyFile.read(path));
    }
    return new Keys(keys);
  }

  private static boolean isSocket(Path path) {
    try {
      Object mode = Files.getAttribute(path, "unix:mode");
      return ((int) mode & 0170000) == 0140000;
    } catch (IOException e) {
      throw new BuildFailure(
          Kind.NOT_FOUND, "\"" + path + "\" cannot be looked at: " + e.getMessage(), e);
    }
  }
}
