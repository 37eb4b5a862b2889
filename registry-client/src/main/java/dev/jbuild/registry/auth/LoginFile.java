package dev.jbuild.registry.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The file that {@code login} and {@code logout} change. A login is for a registry, or for a path
 * of it, as in {@code quay.io/team}; a path is an entry of its own, as skopeo keeps it.
 *
 * <p>Thread-safe. Changes replace the file in one step, keep every field that is not ours, and
 * leave it readable by its owner only.
 */
public final class LoginFile {
  private final AuthFile file;
  private final CredentialHelpers helpers;
  private final ReentrantLock lock = new ReentrantLock();

  LoginFile(Path path, CredentialHelpers helpers) {
    this.file = new AuthFile(path, helpers);
    this.helpers = helpers;
  }

  public Path path() {
    return file.path();
  }

  /**
   * Keeps a password: in the helper the file names for the registry, else in the file.
   *
   * @param repositories the path it is for, empty for all of the host
   * @return where it is now, in words
   * @throws BuildFailure of kind {@code UNSUPPORTED} for a path, if a helper keeps the logins
   */
  public String store(String host, String repositories, String user, String secret) {
    String helper = helperFor(host);
    if (!helper.isEmpty() && !repositories.isEmpty()) {
      // As in containers' tools: a helper is asked by the name of the server.
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          CredentialHelpers.source(helper, path().toString())
              + " keeps logins of whole registries, not of \""
              + host
              + "/"
              + repositories
              + "\"",
          "log in to " + host + ", or name another file with REGISTRY_AUTH_FILE",
          null);
    }
    String key = key(host, repositories);
    if (!helper.isEmpty()) {
      helpers.store(helper, key, user, secret, path().toString());
      return "credential helper docker-credential-" + helper;
    }
    String pair =
        Base64.getEncoder().encodeToString((user + ":" + secret).getBytes(StandardCharsets.UTF_8));
    change(auths -> auths.set(key, Json.object().put("auth", pair)));
    return path().toString();
  }

  private static String key(String host, String repositories) {
    return repositories.isEmpty()
        ? RegistryHosts.loginKey(host)
        : RegistryHosts.canonical(host) + "/" + repositories;
  }

  /**
   * Forgets what is kept for the host, or for the path and none other.
   *
   * @return whether there was an entry in the file, or a helper was asked to forget
   */
  public boolean erase(String host, String repositories) {
    String helper = repositories.isEmpty() ? helperFor(host) : "";
    if (!helper.isEmpty()) {
      helpers.erase(helper, RegistryHosts.loginKey(host), path().toString());
    }
    String wanted = RegistryHosts.canonicalKey(key(host, repositories));
    ObjectNode root = file.read();
    List<String> keys = new ArrayList<>();
    if (root != null) {
      for (Map.Entry<String, JsonNode> entry : file.entries(root).properties()) {
        if (RegistryHosts.canonicalKey(entry.getKey()).equals(wanted)) {
          keys.add(entry.getKey());
        }
      }
    }
    if (!keys.isEmpty()) {
      change(auths -> auths.remove(keys));
    }
    return !keys.isEmpty() || !helper.isEmpty();
  }

  private String helperFor(String host) {
    ObjectNode root = file.read();
    if (root == null) {
      return "";
    }
    return AuthFile.find(root.path("credHelpers"), RegistryHosts.canonical(host))
        .map(node -> node.asText(""))
        .filter(name -> !name.isEmpty())
        .orElseGet(() -> root.path("credsStore").asText(""));
  }

  /** An edit of the {@code auths} table. */
  private interface Edit {
    void apply(ObjectNode auths);
  }

  private void change(Edit edit) {
    lock.lock();
    try {
      ObjectNode known = file.read();
      ObjectNode root = known == null ? Json.object() : known.deepCopy();
      ObjectNode auths =
          root.get("auths") instanceof ObjectNode table ? table : root.putObject("auths");
      edit.apply(auths);
      write(Json.indented(root));
      file.forget();
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.USER, "\"" + path() + "\" cannot be written: " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }

  private void write(byte[] bytes) throws IOException {
    Path path = path();
    Path folder = path.toAbsolutePath().getParent();
    if (folder == null) {
      throw new IOException("the path has no folder");
    }
    if (!Files.isDirectory(folder)) {
      Files.createDirectories(folder, ownerOnly("rwx------"));
    }
    // A link stays a link: dotfiles are often kept elsewhere.
    Path target = Files.isSymbolicLink(path) ? path.toRealPath() : path.toAbsolutePath();
    Path fresh =
        Files.createTempFile(target.getParent(), ".config", ".json", ownerOnly("rw-------"));
    try {
      try (FileChannel out = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
          out.write(buffer);
        }
        out.force(true);
      }
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static FileAttribute<?> ownerOnly(String permissions) {
    return PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions));
  }
}
