package dev.jbuild.linux;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A normalised path below some root, as the kernel's bytes.
 *
 * <p>Linux names are bytes without NUL and {@code '/'}; nothing says they are text. So a path never
 * passes through the platform's encoding ({@code LANG=C} loses everything but ASCII there). It has
 * no leading or trailing slash, and no component is empty, {@code "."} or {@code ".."}; the root
 * itself has no components.
 *
 * <p><b>Order.</b> {@link #compareTo} is <em>tree order</em>: component by component, each compared
 * as unsigned bytes. A directory comes directly before everything below it, so {@code a}, {@code
 * a/b}, {@code a-b} are in order although {@code '-'} is a smaller byte than {@code '/'}. Canonical
 * layers are written in this order.
 *
 * <p>Immutable. Held as a Latin-1 string, one byte per char, which the JVM stores and compares
 * compactly.
 */
public final class BytePath implements Comparable<BytePath> {
  /** The root: the path without components. */
  public static final BytePath ROOT = new BytePath("");

  private final String bytes;

  private BytePath(String bytes) {
    this.bytes = bytes;
  }

  /**
   * The path that text names, encoded as UTF-8. Leading, trailing and repeated slashes and {@code
   * "."} are dropped.
   *
   * @throws IllegalArgumentException if a component is {@code ".."} or there is a NUL
   */
  public static BytePath of(String text) {
    return ofLatin1(latin1(text));
  }

  /**
   * As {@link #of(String)} over raw bytes.
   *
   * @throws IllegalArgumentException if a component is {@code ".."} or there is a NUL
   */
  public static BytePath ofBytes(byte[] bytes) {
    return ofLatin1(new String(bytes, ISO_8859_1));
  }

  /**
   * As {@link #ofBytes} over a string that holds one byte per char.
   *
   * @throws IllegalArgumentException if a component is {@code ".."}, or a char is NUL or above 255
   */
  public static BytePath ofLatin1(String bytes) {
    return normalise(bytes, false)
        .orElseThrow(() ->
            new IllegalArgumentException("path \"" + printable(bytes) + "\" contains \"..\""));
  }

  /**
   * The path that text names with {@code ".."} taken lexically and held at the root, as {@code
   * /../a/../b} is {@code b}. Right for Dockerfile sources and destinations before look-up, wrong
   * for the targets of symbolic links.
   */
  public static BytePath clamped(String text) {
    return clampedLatin1(latin1(text));
  }

  /** As {@link #clamped} over a string that holds one byte per char. */
  public static BytePath clampedLatin1(String bytes) {
    return normalise(bytes, true).orElseThrow();
  }

  private static String latin1(String text) {
    return new String(text.getBytes(UTF_8), ISO_8859_1);
  }

  private static Optional<BytePath> normalise(String s, boolean clamp) {
    int length = s.length();
    for (int i = 0; i < length; i++) {
      char c = s.charAt(i);
      if (c == 0 || c > 255) {
        throw new IllegalArgumentException("path \"" + printable(s) + "\" contains a NUL byte");
      }
    }
    if (isNormal(s)) {
      return Optional.of(s.isEmpty() ? ROOT : new BytePath(s));
    }
    List<String> kept = new ArrayList<>();
    for (String component : s.split("/", -1)) {
      if (component.isEmpty() || component.equals(".")) {
        continue;
      }
      if (component.equals("..")) {
        if (!clamp) {
          return Optional.empty();
        }
        if (!kept.isEmpty()) {
          kept.removeLast();
        }
      } else {
        kept.add(component);
      }
    }
    return Optional.of(kept.isEmpty() ? ROOT : new BytePath(String.join("/", kept)));
  }

  private static boolean isNormal(String s) {
    int start = 0;
    int length = s.length();
    if (length == 0) {
      return true;
    }
    while (true) {
      int slash = s.indexOf('/', start);
      int end = slash < 0 ? length : slash;
      int n = end - start;
      if (n == 0
          || (n == 1 && s.charAt(start) == '.')
          || (n == 2 && s.charAt(start) == '.' && s.charAt(start + 1) == '.')) {
        return false;
      }
      if (slash < 0) {
        return true;
      }
      start = slash + 1;
    }
  }

  public boolean isRoot() {
    return bytes.isEmpty();
  }

  /** Whether this is exactly one component. */
  public boolean isName() {
    return !bytes.isEmpty() && bytes.indexOf('/') < 0;
  }

  /** The last component; the root for the root. */
  public BytePath name() {
    int slash = bytes.lastIndexOf('/');
    return slash < 0 ? this : new BytePath(bytes.substring(slash + 1));
  }

  /** The path without its last component; the root for the root. */
  public BytePath parent() {
    int slash = bytes.lastIndexOf('/');
    return slash < 0 ? ROOT : new BytePath(bytes.substring(0, slash));
  }

  /** This path followed by another. */
  public BytePath resolve(BytePath below) {
    if (bytes.isEmpty()) {
      return below;
    }
    return below.bytes.isEmpty() ? this : new BytePath(bytes + '/' + below.bytes);
  }

  /** As {@link #resolve(BytePath)} with {@link #of(String)}. */
  public BytePath resolve(String below) {
    return resolve(of(below));
  }

  /** Whether this is the other path or lies below it. */
  public boolean startsWith(BytePath other) {
    int n = other.bytes.length();
    return n == 0
        || (bytes.startsWith(other.bytes) && (bytes.length() == n || bytes.charAt(n) == '/'));
  }

  /**
   * What follows {@code base} in this path.
   *
   * @throws IllegalArgumentException if this path is not below {@code base}
   */
  public BytePath relativeTo(BytePath base) {
    if (!startsWith(base)) {
      throw new IllegalArgumentException("\"" + this + "\" is not below \"" + base + "\"");
    }
    if (base.isRoot()) {
      return this;
    }
    return bytes.length() == base.bytes.length()
        ? ROOT
        : new BytePath(bytes.substring(base.bytes.length() + 1));
  }

  /** The components from the root down, each a path of one name. */
  public List<BytePath> components() {
    List<BytePath> result = new ArrayList<>();
    int start = 0;
    while (start < bytes.length()) {
      int slash = bytes.indexOf('/', start);
      int end = slash < 0 ? bytes.length() : slash;
      result.add(new BytePath(bytes.substring(start, end)));
      start = end + 1;
    }
    return List.copyOf(result);
  }

  /** Number of components. */
  public int depth() {
    if (bytes.isEmpty()) {
      return 0;
    }
    int depth = 1;
    for (int i = bytes.indexOf('/'); i >= 0; i = bytes.indexOf('/', i + 1)) {
      depth++;
    }
    return depth;
  }

  /** Length in bytes. */
  public int length() {
    return bytes.length();
  }

  /** A copy of the bytes, without a terminating NUL. */
  public byte[] toBytes() {
    return bytes.getBytes(ISO_8859_1);
  }

  /** The bytes, one per char. */
  public String latin1() {
    return bytes;
  }

  /** The path as text if its bytes are valid UTF-8. */
  public Optional<String> text() {
    try {
      return Optional.of(UTF_8.newDecoder().decode(ByteBuffer.wrap(toBytes())).toString());
    } catch (java.nio.charset.CharacterCodingException e) {
      return Optional.empty();
    }
  }

  @Override
  public int compareTo(BytePath other) {
    String a = bytes;
    String b = other.bytes;
    int n = Math.min(a.length(), b.length());
    for (int i = 0; i < n; i++) {
      char x = a.charAt(i);
      char y = b.charAt(i);
      if (x != y) {
        // The end of a component sorts before any byte that could continue it.
        return x == '/' ? -1 : y == '/' ? 1 : x - y;
      }
    }
    return a.length() - b.length();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BytePath path && bytes.equals(path.bytes);
  }

  @Override
  public int hashCode() {
    return bytes.hashCode();
  }

  /**
   * The path for people: UTF-8 where it is valid; control characters and bytes that are not UTF-8
   * as {@code \xNN}. The root prints as {@code "."}.
   */
  @Override
  public String toString() {
    return bytes.isEmpty() ? "." : printable(bytes);
  }

  /** Bytes, one per char, as {@link #toString} prints them: others for other bytes. */
  public static String printable(String latin1) {
    boolean plain = true;
    for (int i = 0; i < latin1.length() && plain; i++) {
      char c = latin1.charAt(i);
      plain = c >= 0x20 && c < 0x7f && !isBackslashX(latin1, i);
    }
    if (plain) {
      return latin1;
    }
    CharsetDecoder decoder =
        UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(latin1.getBytes(ISO_8859_1));
    CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
    StringBuilder text = new StringBuilder();
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      out.flip();
      for (int i = 0; i < out.length(); i++) {
        appendEscaped(text, out, i);
      }
      out.clear();
      if (!result.isError()) {
        return text.toString();
      }
      for (int i = 0; i < result.length(); i++) {
        text.append(String.format("\\x%02x", in.get()));
      }
      decoder.reset();
    }
  }

  private static void appendEscaped(StringBuilder text, CharSequence chars, int at) {
    char c = chars.charAt(at);
    if (c < 0x20 || c == 0x7f || isBackslashX(chars, at)) {
      text.append(String.format("\\x%02x", (int) c));
    } else {
      text.append(c);
    }
  }

  /** What would be read as the escape of a byte, were it printed as it is. */
  private static boolean isBackslashX(CharSequence chars, int at) {
    return chars.charAt(at) == '\\' && at + 1 < chars.length() && chars.charAt(at + 1) == 'x';
  }
}
