package dev.jbuild.engine.exec;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Looks for secrets in bytes: as they are, in hexadecimal, and in base64 wherever in a longer text
 * the secret began.
 *
 * <p>Line ends around a secret do not count. A secret of fewer than {@value #SHORTEST} bytes is not
 * looked for, as it would be found by chance. One pass over the bytes finds all forms of all
 * secrets; memory does not grow with the stream. Immutable.
 */
final class SecretScan {
  static final int SHORTEST = 8;
  private static final int CHUNK = 64 * 1024;

  private final List<Form> forms = new ArrayList<>();

  /** Which last two bytes of a window of eight may begin a form: the quick answer is "no". */
  private final boolean[] endings = new boolean[1 << 16];

  private int longest = SHORTEST;

  /** One way in which a secret may be written. */
  private record Form(String id, byte[] bytes, long head) {}

  /** Whether the value is long enough to be looked for. */
  static boolean canFind(byte[] value) {
    return trimmed(value).length >= SHORTEST;
  }

  /** Adds a secret; does nothing if it is too short. */
  void add(String id, byte[] value) {
    byte[] secret = trimmed(value);
    if (secret.length < SHORTEST) {
      return;
    }
    Set<String> texts = new LinkedHashSet<>();
    texts.add(latin1(secret));
    texts.add(HexFormat.of().formatHex(secret));
    texts.add(HexFormat.of().withUpperCase().formatHex(secret));
    for (int before = 0; before < 3; before++) {
      texts.add(base64(secret, before, Base64.getEncoder()));
      texts.add(base64(secret, before, Base64.getUrlEncoder()));
    }
    for (String text : texts) {
      byte[] form = text.getBytes(StandardCharsets.ISO_8859_1);
      forms.add(new Form(id, form, head(form)));
      endings[(form[SHORTEST - 2] & 0xff) << 8 | (form[SHORTEST - 1] & 0xff)] = true;
      longest = Math.max(longest, form.length);
    }
  }

  /** The characters that depend on the secret alone when {@code before} bytes come before it. */
  private static String base64(byte[] secret, int before, Base64.Encoder encoder) {
    byte[] shifted = new byte[before + secret.length];
    System.arraycopy(secret, 0, shifted, before, secret.length);
    int begin = (before * 8 + 5) / 6;
    return encoder.encodeToString(shifted).substring(begin, shifted.length * 8 / 6);
  }

  private static byte[] trimmed(byte[] value) {
    int begin = 0;
    int end = value.length;
    while (begin < end && isLineEnd(value[begin])) {
      begin++;
    }
    while (end > begin && isLineEnd(value[end - 1])) {
      end--;
    }
    return Arrays.copyOfRange(value, begin, end);
  }

  private static boolean isLineEnd(byte b) {
    return b == '\n' || b == '\r';
  }

  private static String latin1(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }

  private static long head(byte[] form) {
    long head = 0;
    for (int i = 0; i < SHORTEST; i++) {
      head = head << 8 | (form[i] & 0xff);
    }
    return head;
  }

  boolean isEmpty() {
    return forms.isEmpty();
  }

  /** The ID of a secret that is in the bytes. */
  Optional<String> find(byte[] bytes) {
    return find(bytes, bytes.length);
  }

  /** The ID of a secret that is in the stream, which is read as far as needed and not closed. */
  Optional<String> find(InputStream in) throws IOException {
    byte[] buffer = new byte[CHUNK + longest];
    int kept = 0;
    while (true) {
      int n = in.readNBytes(buffer, kept, buffer.length - kept);
      int filled = kept + n;
      Optional<String> found = find(buffer, filled);
      if (found.isPresent() || filled < buffer.length) {
        return found;
      }
      kept = longest - 1;
      System.arraycopy(buffer, filled - kept, buffer, 0, kept);
    }
  }

  private Optional<String> find(byte[] bytes, int length) {
    long window = 0;
    for (int i = 0; i < length; i++) {
      window = window << 8 | (bytes[i] & 0xff);
      if (i >= SHORTEST - 1 && endings[(int) window & 0xffff]) {
        int begin = i - SHORTEST + 1;
        for (Form form : forms) {
          int end = begin + form.bytes.length;
          if (form.head == window
              && end <= length
              && Arrays.equals(bytes, begin, end, form.bytes, 0, form.bytes.length)) {
            return Optional.of(form.id);
          }
        }
      }
    }
    return Optional.empty();
  }
}
