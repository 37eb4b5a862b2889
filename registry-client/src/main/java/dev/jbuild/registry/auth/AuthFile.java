package dev.jbuild.registry.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jbuild.failure.BuildFailure;
import dev.jbuild.oci.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One file of credentials: Docker's {@code config.json}, containers' {@code auth.json} or the old
 * {@code .dockercfg}. An entry may be for a host or for a path below it ({@code quay.io/team}); the
 * longest that fits wins. For the same entry a helper of {@code credHelpers} goes before {@code
 * credsStore}, and that before {@code auths}.
 *
 * <p>Thread-safe. Read again when it has changed.
 */
final class AuthFile {
  private static final String TOKEN_USER = "<token>";

  private final Path path;
  private final CredentialHelpers helpers;
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable ObjectNode content;
  private @Nullable Stamp stamp;

  /** What tells one state of the file from the next. */
  private record Stamp(long modified, long size, @Nullable Object key) {}

  AuthFile(Path path, CredentialHelpers helpers) {
    this.path = path;
    this.helpers = helpers;
  }

  Path path() {
    return path;
  }

  /**
   * Looks for the best entry.
   *
   * @param notes takes a line on what was searched or went wrong
   */
  Optional<Credential> find(String host, String repository, List<String> notes) {
    ObjectNode root;
    try {
      root = read();
    } catch (BuildFailure e) {
      notes.add(e.text());
      return Optional.empty();
    }
    if (root == null) {
      return Optional.empty();
    }
    notes.add(path.toString());
    JsonNode perHost = root.path("credHelpers");
    JsonNode auths = entries(root);
    for (String key : candidates(host, repository)) {
      Optional<Credential> found =
          find(perHost, key).flatMap(helper -> ask(helper.asText(""), host, notes));
      if (found.isEmpty()) {
        found = find(auths, key).flatMap(entry -> fromEntry(entry, notes));
      }
      if (found.isPresent()) {
        return found;
      }
    }
    String store = root.path("credsStore").asText("");
    return store.isEmpty() ? Optional.empty() : ask(store, host, notes);
  }

  /** As {@link CredentialStore#others}, for this file. */
  List<String> others(String host, String repository, Credential used) {
    ObjectNode root;
    try {
      root = read();
    } catch (BuildFailure e) {
      // Told already, by whoever looked for the credential.
      return List.of();
    }
    if (root == null) {
      return List.of();
    }
    List<String> others = new ArrayList<>();
    JsonNode perHost = root.path("credHelpers");
    String store = root.path("credsStore").asText("");
    for (String key : candidates(host, repository)) {
      String where = key.indexOf('/') < 0 ? "" : " for \"" + key + "\"";
      String helper = find(perHost, key).map(node -> node.asText("")).orElse("");
      Optional<JsonNode> entry = find(entries(root), key);
      if (helper.isEmpty() && entry.filter(JsonNode::isEmpty).isPresent()) {
        // The mark that "docker login" leaves of a login in the store.
        helper = store;
      }
      String source = CredentialHelpers.source(helper, path.toString());
      if (!helper.isEmpty() && !used.source().equals(source)) {
        others.add(source + where);
      }
      entry
          .flatMap(node -> fromEntry(node, new ArrayList<>()))
          .filter(other -> !other.secrets().equals(used.secrets()))
          .ifPresent(other -> others.add(other.description() + where));
    }
    return others;
  }

  /** {@code host/a/b}, {@code host/a}, {@code host}. */
  private static List<String> candidates(String host, String repository) {
    List<String> keys = new ArrayList<>();
    String base = RegistryHosts.canonical(host);
    String path = repository;
    while (!path.isEmpty()) {
      keys.add(base + "/" + path);
      int slash = path.lastIndexOf('/');
      path = slash < 0 ? "" : path.substring(0, slash);
    }
    keys.add(base);
    return keys;
  }

  static Optional<JsonNode> find(JsonNode table, String key) {
    for (Map.Entry<String, JsonNode> entry : table.properties()) {
      if (RegistryHosts.canonicalKey(entry.getKey()).equals(key)) {
        return Optional.of(entry.getValue());
      }
    }
    return Optional.empty();
  }

  private Optional<Credential> ask(String helper, String host, List<String> notes) {
    if (helper.isEmpty()) {
      return Optional.empty();
    }
    try {
      return helpers.get(helper, RegistryHosts.loginKey(host), path.toString());
    } catch (BuildFailure e) {
      if (e.kind() == BuildFailure.Kind.CANCELLED) {
        throw e;
      }
      // A public image needs no helper; when access is denied, the note says what was wrong here.
      notes.add(e.text());
      return Optional.empty();
    }
  }

  private Optional<Credential> fromEntry(JsonNode entry, List<String> notes) {
    String source = path.toString();
    String registryToken = entry.path("registrytoken").asText("");
    if (!registryToken.isEmpty()) {
      return Optional.of(new Credential.RegistryToken(registryToken, source));
    }
    String identity = entry.path("identitytoken").asText("");
    if (!identity.isEmpty()) {
      return Optional.of(new Credential.IdentityToken(identity, source));
    }
    String user = entry.path("username").asText("");
    String secret = entry.path("password").asText("");
    String auth = entry.path("auth").asText("");
    if (!auth.isEmpty()) {
      String pair;
      try {
        pair = new String(Base64.getMimeDecoder().decode(auth), StandardCharsets.UTF_8);
      } catch (IllegalArgumentException e) {
        pair = "";
      }
      int colon = pair.indexOf(':');
      if (colon < 0) {
        notes.add(path + " has an \"auth\" that is not base64 of user:password");
        return Optional.empty();
      }
      user = pair.substring(0, colon);
      // Docker pads the decoded text with NULs in old files.
      secret = pair.substring(colon + 1).replace("\0", "");
    }
    if (secret.isEmpty() || user.indexOf(':') >= 0) {
      return Optional.empty();
    }
    return Optional.of(
        user.equals(TOKEN_USER)
            ? new Credential.IdentityToken(secret, source)
            : new Credential.Password(user, secret, source));
  }

  JsonNode entries(ObjectNode root) {
    JsonNode auths = root.get("auths");
    return auths != null ? auths : isLegacy() ? root : Json.object();
  }

  private boolean isLegacy() {
    return path.endsWith(".dockercfg");
  }

  /** The content; null if there is no file. */
  @Nullable ObjectNode read() {
    lock.lock();
    try {
      BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
      Stamp now =
          new Stamp(
              attributes.lastModifiedTime().toMillis(), attributes.size(), attributes.fileKey());
      if (content == null || !now.equals(stamp)) {
        byte[] bytes = Files.readAllBytes(path);
        content = bytes.length == 0 ? Json.object() : parse(bytes);
        stamp = now;
      }
      return content;
    } catch (NoSuchFileException e) {
      return null;
    } catch (IOException e) {
      throw new BuildFailure(
          BuildFailure.Kind.USER, "\"" + path + "\" is not readable: " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }

  /** Has the file read anew, whatever its time says: two changes may come within one tick. */
  void forget() {
    lock.lock();
    try {
      content = null;
      stamp = null;
    } finally {
      lock.unlock();
    }
  }

  private ObjectNode parse(byte[] bytes) {
    try {
      return Json.parseObject(bytes, path.toString());
    } catch (BuildFailure e) {
      // No cause: a JSON message quotes its input, which may be a secret.
      throw new BuildFailure(BuildFailure.Kind.USER, "\"" + path + "\" is not valid JSON");
    }
  }
}
