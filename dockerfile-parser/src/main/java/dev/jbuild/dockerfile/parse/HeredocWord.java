package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Blanks;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.WordExpander;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The word that announces a heredoc: {@code [n]<<[-]name}. */
record HeredocWord(String name, Word word, int fileDescriptor, boolean expand, boolean stripTabs) {

  /**
   * Reads {@code word}, or gives null when it announces nothing: then it is a word like any other.
   */
  static @Nullable HeredocWord of(Word word) {
    String text = word.text();
    int at = 0;
    while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
      at++;
    }
    int operator = at;
    if (!text.startsWith("<<", at)) {
      return null;
    }
    at += 2;
    boolean stripTabs = text.startsWith("-", at);
    String rest = text.substring(Blanks.skip(text, stripTabs ? at + 1 : at, text.length()));
    if (rest.isEmpty() || rest.indexOf('<') >= 0) {
      return null;
    }
    List<String> names = WordExpander.words(rest, false);
    List<String> quoted = WordExpander.words(rest, true);
    if (names.size() != 1 || quoted.size() != 1) {
      return null;
    }
    String name = names.getFirst();
    boolean expand = quotes(name) == quotes(quoted.getFirst());
    int descriptor =
        operator == 0 || operator > 9 ? 0 : Integer.parseInt(text.substring(0, operator));
    return new HeredocWord(name, word, descriptor, expand, stripTabs);
  }

  /** Whether {@code word} is {@code [n]<<} alone, so that the name is the next word. */
  static boolean isOperator(String word) {
    return word.endsWith("<<")
        && word.chars().limit(word.length() - 2L).allMatch(c -> c >= '0' && c <= '9');
  }

  /** Whether what stands after {@code <<} and a blank closes {@code $((1 << 2))}. */
  static boolean isArithmetic(String word) {
    return word.indexOf(')') >= 0;
  }

  private static long quotes(String text) {
    return text.chars().filter(c -> c == '"' || c == '\'').count();
  }
}
