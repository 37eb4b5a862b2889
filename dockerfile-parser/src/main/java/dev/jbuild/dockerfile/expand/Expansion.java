package dev.jbuild.dockerfile.expand;

import java.util.List;
import java.util.Set;

/**
 * A word expanded.
 *
 * @param text the word as one string
 * @param words the word split at blanks that are neither quoted nor escaped: only EXPOSE wants this
 * @param used names that were looked up and have a value
 * @param undefined names that were looked up and have none
 */
public record Expansion(String text, List<String> words, Set<String> used, Set<String> undefined) {
  public Expansion {
    words = List.copyOf(words);
    used = Set.copyOf(used);
    undefined = Set.copyOf(undefined);
  }
}
