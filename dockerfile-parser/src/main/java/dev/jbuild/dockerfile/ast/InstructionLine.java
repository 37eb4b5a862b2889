package dev.jbuild.dockerfile.ast;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What every instruction has in common: where and how it is written.
 *
 * @param span from the keyword to the end of the last argument or heredoc terminator
 * @param keyword the instruction name as written, in any case
 * @param flags the builder flags in order
 * @param text the logical line, continuations joined and blanks around it removed, heredoc bodies
 *     not included, stray bytes as U+FFFD: the text that image history and progress lines show
 * @param comments the comment lines directly above, without directives; an empty comment or a blank
 *     line ends the group
 * @param blankContinuations the blank lines that stand inside the line's continuation
 */
public record InstructionLine(
    SourceSpan span,
    Word keyword,
    List<Flag> flags,
    String text,
    List<Comment> comments,
    List<SourceSpan> blankContinuations) {

  public InstructionLine {
    requireNonNull(span);
    requireNonNull(keyword);
    requireNonNull(text);
    flags = List.copyOf(flags);
    comments = List.copyOf(comments);
    blankContinuations = List.copyOf(blankContinuations);
  }
}
