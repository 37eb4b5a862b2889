package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Word;

/** Parts of words. */
final class Parts {
  private Parts() {}

  /** The characters of {@code word} from {@code from} to before {@code to}. */
  static Word of(Word word, int from, int to) {
    SourceSpan whole = word.span();
    String part = word.text().substring(from, to);
    boolean verbatim =
        whole.startLine() == whole.endLine()
            && word.text().codePointCount(0, word.text().length())
                == whole.endColumn() - whole.startColumn();
    if (!verbatim) {
      return new Word(part, whole);
    }
    int start = whole.startColumn() + word.text().codePointCount(0, from);
    int length = part.codePointCount(0, part.length());
    return new Word(
        part,
        new SourceSpan(whole.file(), whole.startLine(), start, whole.startLine(), start + length));
  }
}
