package dev.jbuild.server;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One range of a blob (RFC 9110 "Range Requests").
 *
 * @param start first byte
 * @param length how many
 */
record ByteRange(long start, long length) {
  private static final Pattern SINGLE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

  /** What a {@code Range} header asks for. */
  sealed interface Asked {
    /** No range, or a form that may be ignored, as several ranges may. */
    record Whole() implements Asked {}

    record Part(ByteRange range) implements Asked {}

    /** Nothing of the range is there. */
    record Unsatisfiable() implements Asked {}
  }

  static Asked parse(@Nullable String header, long size) {
    Optional<Matcher> matcher =
        Optional.ofNullable(header).map(SINGLE::matcher).filter(Matcher::matches);
    if (matcher.isEmpty()) {
      return new Asked.Whole();
    }
    String first = matcher.get().group(1);
    String last = matcher.get().group(2);
    if (first.isEmpty() && last.isEmpty()) {
      return new Asked.Whole();
    }
    if (first.isEmpty()) {
      long suffix = Math.min(Long.parseLong(last), size);
      return suffix == 0
          ? new Asked.Unsatisfiable()
          : new Asked.Part(new ByteRange(size - suffix, suffix));
    }
    long start = Long.parseLong(first);
    long end = last.isEmpty() ? size - 1 : Math.min(Long.parseLong(last), size - 1);
    if (!last.isEmpty() && Long.parseLong(last) < start) {
      return new Asked.Whole();
    }
    return start >= size
        ? new Asked.Unsatisfiable()
        : new Asked.Part(new ByteRange(start, end - start + 1));
  }
}
