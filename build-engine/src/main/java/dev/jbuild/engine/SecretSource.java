package dev.jbuild.engine;

import java.nio.file.Path;

/** Where a secret's bytes are. They are read when a step asks for them, and kept nowhere. */
public sealed interface SecretSource {
  /** A file on this machine. */
  record File(Path path) implements SecretSource {}

  /**
   * A value the caller holds, such as an environment variable's. Its text never appears in {@link
   * #toString}.
   */
  record Value(byte[] bytes) implements SecretSource {
    @Override
    public String toString() {
      return "Value[" + bytes.length + " bytes]";
    }
  }
}
