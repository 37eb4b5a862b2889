package dev.jbuild.dockerfile.ast;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds what a misspelled name was meant to be. */
public final class Nearest {
  /** No name of the language is longer; a longer word is not a misspelling but something else. */
  private static final int MAX_LENGTH = 64;

  private Nearest() {}

  /**
   * The candidate with the fewest edits from {@code word} (insert, delete, change, swap of
   * neighbours, case not counting), if that is at most a third of its length, and at least one.
   * Ties go to the first candidate.
   */
  public static Optional<String> of(String word, Collection<String> candidates) {
    String best = null;
    if (word.length() <= MAX_LENGTH) {
      String lower = word.toLowerCase(Locale.ROOT);
      int limit = Math.max(1, lower.length() / 3) + 1;
      for (String candidate : candidates) {
        int distance = distance(lower, candidate.toLowerCase(Locale.ROOT), limit);
        if (distance < limit && !candidate.equals(word)) {
          limit = distance;
          best = candidate;
        }
      }
    }
    return Optional.ofNullable(best);
  }

  /** The hint that offers the nearest candidate. */
  public static Optional<String> hint(String word, Collection<String> candidates) {
    return of(word, candidates).map(near -> "did you mean \"" + near + "\"?");
  }

  /** Optimal string alignment distance; {@code limit} when it is that or more. */
  private static int distance(String a, String b, int limit) {
    if (Math.abs(a.length() - b.length()) >= limit) {
      return limit;
    }
    int[] before = new int[b.length() + 1];
    int[] above = new int[b.length() + 1];
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      above[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        row[j] = Math.min(above[j - 1] + (same ? 0 : 1), Math.min(above[j], row[j - 1]) + 1);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          row[j] = Math.min(row[j], before[j - 2] + 1);
        }
      }
      int[] next = before;
      before = above;
      above = row;
      row = next;
    }
    return Math.min(above[b.length()], limit);
  }
}
