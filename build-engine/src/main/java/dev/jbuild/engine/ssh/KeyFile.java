package dev.jbuild.engine.ssh;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Reads private key files: OpenSSH's own format, and PEM with PKCS #1, SEC 1 or PKCS #8 inside. No
 * byte of a key is in any message.
 */
final class KeyFile {
  /** As BuildKit reads: 100 KiB. */
  private static final int MOST = 100 << 10;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----\\s*(.*?)-----END \\1-----", Pattern.DOTALL);

  /** Headers of old PEM, which end with a blank line (RFC 1421). */
  private static final Pattern HEADERS = Pattern.compile("(?:[A-Za-z0-9-]+:[^\n]*\r?\n)+\\s*");

  private final Path path;

  private KeyFile(Path path) {
    this.path = path;
  }

  /**
   * @throws BuildFailure if it cannot be read or holds no key that can be used
   */
  static SshKey read(Path path) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(path)) {
      bytes = in.readNBytes(MOST);
    } catch (IOException e) {
      throw new BuildFailure(
          Kind.NOT_FOUND, "key file \"" + path + "\" cannot be read: " + e.getMessage(), e);
    }
    return new KeyFile(path).parse(new String(bytes, StandardCharsets.ISO_8859_1));
  }

  private SshKey parse(String text) {
    Matcher block = BLOCK.matcher(text);
    if (!block.find()) {
      String hint =
          text.startsWith("ssh-") || text.startsWith("ecdsa-")
              ? "it is a public key; name the private one"
              : "name a private key file or an agent's socket";
      throw failure("is neither a private key nor a socket", hint);
    }
    String kind = block.group(1);
    String body = block.group(2);
    if (kind.equals("ENCRYPTED PRIVATE KEY") || body.contains("Proc-Type: 4,ENCRYPTED")) {
      throw encrypted();
    }
    try {
      byte[] der = Base64.getMimeDecoder().decode(HEADERS.matcher(body).replaceFirst(""));
      return switch (kind) {
        case "OPENSSH PRIVATE KEY" -> openSsh(der);
        case "PRIVATE KEY" -> PrivateKeys.pkcs8(der);
        case "RSA PRIVATE KEY" -> PrivateKeys.pkcs1(der);
        case "EC PRIVATE KEY" -> PrivateKeys.sec1(der);
        default -> throw unsupported(kind);
      };
    } catch (PrivateKeys.Unsupported e) {
      throw unsupported(e.type());
    } catch (GeneralSecurityException | IllegalArgumentException | BufferUnderflowException e) {
      // The cause may have what was read in its text.
      throw failure("holds a damaged private key", null);
    }
  }

  /** The format of PROTOCOL.key. */
  private SshKey openSsh(byte[] bytes) throws GeneralSecurityException {
    byte[] magic = "openssh-key-v1\0".getBytes(StandardCharsets.US_ASCII);
    Wire.Reader file = new Wire.Reader(bytes);
    if (!Arrays.equals(file.take(magic.length), magic)) {
      throw new IllegalArgumentException("magic");
    }
    String cipher = file.text();
    file.string();
    file.string();
    if (!cipher.equals("none")) {
      throw encrypted();
    }
    if (file.number() != 1) {
      throw failure("holds several keys", "give each key a file of its own");
    }
    file.string();
    Wire.Reader secret = new Wire.Reader(file.string());
    int check = secret.number();
    if (secret.number() != check) {
      throw new IllegalArgumentException("check");
    }
    return PrivateKeys.openSsh(secret);
  }

  private BuildFailure encrypted() {
    return failure(
        "holds a private key that is protected by a passphrase",
        "load it into an agent (ssh-add) and name its socket, or \"default\"");
  }

  private BuildFailure unsupported(String type) {
    return failure(
        "holds a key of type \"" + type + "\", which is not supported",
        "use an Ed25519, ECDSA or RSA key, or an agent");
  }

  private BuildFailure failure(String what, @Nullable String hint) {
    return new BuildFailure(Kind.USER, "\"" + path + "\" " + what, hint, null);
  }
}
