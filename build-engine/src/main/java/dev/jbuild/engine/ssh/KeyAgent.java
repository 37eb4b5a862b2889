package dev.jbuild.engine.ssh;

import java.nio.BufferUnderflowException;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;

/** Answers the two requests that {@link AgentSocket} lets through with keys. Thread-safe. */
final class KeyAgent {
  private static final byte[] FAILURE = {5};
  private static final int LIST = 11;
  private static final int IDENTITIES = 12;
  private static final int SIGN = 13;
  private static final int SIGNATURE = 14;

  private final List<SshKey> keys;

  KeyAgent(List<SshKey> keys) {
    this.keys = List.copyOf(keys);
  }

  byte[] answer(byte[] request) {
    return switch (request[0]) {
      case LIST -> identities();
      case SIGN -> sign(request).orElse(FAILURE);
      default -> FAILURE;
    };
  }

  private byte[] identities() {
    Wire.Writer answer = new Wire.Writer().octet(IDENTITIES).number(keys.size());
    for (SshKey key : keys) {
      // The comment of a key often is whose it is.
      answer.string(key.publicBlob()).text("");
    }
    return answer.bytes();
  }

  private Optional<byte[]> sign(byte[] request) {
    try {
      Wire.Reader in = new Wire.Reader(request);
      in.take(1);
      byte[] blob = in.string();
      byte[] data = in.string();
      int flags = in.number();
      for (SshKey key : keys) {
        if (key.isFor(blob)) {
          return key.sign(data, flags)
              .map(signature -> new Wire.Writer().octet(SIGNATURE).string(signature).bytes());
        }
      }
      return Optional.empty();
    } catch (BufferUnderflowException | GeneralSecurityException e) {
      return Optional.empty();
    }
  }
}
