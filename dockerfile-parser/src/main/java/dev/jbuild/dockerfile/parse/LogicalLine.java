package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Comment;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.SourceText;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A line with its continuations joined, and the way back from each of its characters to the source.
 */
final class LogicalLine {
  private final String file;
  private final SourceText source;
  private final String text;
  private final int[] pieceStarts;
  private final int[] sourceStarts;
  private final List<Comment> comments;
  private final List<SourceSpan> blanks;
  private final @Nullable SourceSpan fixed;

  /**
   * @param pieceStarts where in {@code text} each physical line begins
   * @param sourceStarts where in {@code source} it begins
   * @param fixed when not null, the span that everything on the line gets
   */
  LogicalLine(
      String file,
      SourceText source,
      String text,
      int[] pieceStarts,
      int[] sourceStarts,
      List<Comment> comments,
      List<SourceSpan> blanks,
      @Nullable SourceSpan fixed) {
    this.file = file;
    this.source = source;
    this.text = text;
    this.pieceStarts = pieceStarts;
    this.sourceStarts = sourceStarts;
    this.comments = comments;
    this.blanks = blanks;
    this.fixed = fixed;
  }

  String text() {
    return text;
  }

  List<Comment> comments() {
    return comments;
  }

  List<SourceSpan> blanks() {
    return blanks;
  }

  /** The span of the characters from {@code start} to before {@code end}. */
  SourceSpan span(int start, int end) {
    if (fixed != null) {
      return fixed;
    }
    int first = sourceOffset(start);
    return source.span(file, first, end > start ? sourceOffset(end - 1) + 1 : first);
  }

  private int sourceOffset(int offset) {
    int found = Arrays.binarySearch(pieceStarts, offset);
    int piece = found >= 0 ? found : -found - 2;
    // Pieces may be empty; the last of those that begin here holds the character.
    while (piece + 1 < pieceStarts.length && pieceStarts[piece + 1] <= offset) {
      piece++;
    }
    return sourceStarts[piece] + offset - pieceStarts[piece];
  }
}
