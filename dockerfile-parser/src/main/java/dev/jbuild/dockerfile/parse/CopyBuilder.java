package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.Heredoc;
import dev.jbuild.dockerfile.ast.InstructionLine;
import dev.jbuild.dockerfile.ast.Word;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Makes COPY and ADD. */
final class CopyBuilder {
  private final LineLexer lexer;
  private final Problems problems;
  private final Flags flags;
  private final List<Heredoc> heredocs;

  /**
   * @param heredocs those that follow the line, in order
   */
  CopyBuilder(LineLexer lexer, Problems problems, Flags flags, List<Heredoc> heredocs) {
    this.lexer = lexer;
    this.problems = problems;
    this.flags = flags;
    this.heredocs = heredocs;
  }

  @Nullable CopyInstruction copy(InstructionLine head, List<Word> words) {
    Word from = flags.text("from");
    MountOptions.checkNoVariable("--from", from, problems);
    Word destination = destination(Keyword.COPY, words);
    return destination == null
        ? null
        : new CopyInstruction(
            head,
            sources(words),
            destination,
            from,
            flags.text("chown"),
            flags.text("chmod"),
            flags.isSet("link"),
            flags.isSet("parents"),
            excludes());
  }

  @Nullable AddInstruction add(InstructionLine head, List<Word> words) {
    Word destination = destination(Keyword.ADD, words);
    return destination == null
        ? null
        : new AddInstruction(
            head,
            sources(words),
            destination,
            flags.text("chown"),
            flags.text("chmod"),
            flags.isSet("link"),
            flags.text("checksum"),
            flags.bool("keep-git-dir"),
            flags.bool("unpack"),
            excludes());
  }

  private List<Word> excludes() {
    return flags.list("exclude").stream().map(DecodedText::word).toList();
  }

  private @Nullable Word destination(Keyword keyword, List<Word> words) {
    if (words.size() < 2) {
      problems.add(
          words.isEmpty() ? lexer.atEnd() : words.getFirst().span(),
          keyword
              + (words.isEmpty()
                  ? " needs a source and a destination"
                  : " has no destination, only one argument"),
          "write " + keyword + " source destination");
      return null;
    }
    Word destination = words.getLast();
    if (HeredocWord.of(destination) != null) {
      problems.add(
          destination.span(),
          keyword + " cannot write to a heredoc",
          "put the destination last: " + keyword + " " + destination.text() + " /path");
      return null;
    }
    return destination;
  }

  private List<CopySource> sources(List<Word> words) {
    List<CopySource> sources = new ArrayList<>();
    int next = 0;
    for (Word word : words.subList(0, words.size() - 1)) {
      HeredocWord inline = HeredocWord.of(word);
      if (inline == null) {
        sources.add(new CopySource.Path(word));
      } else if (next < heredocs.size()) {
        sources.add(new CopySource.Inline(heredocs.get(next++)));
      } else {
        // The JSON form reads no bodies; BuildKit then makes an empty file.
        sources.add(
            new CopySource.Inline(
                new Heredoc(
                    inline.name(),
                    word,
                    0,
                    false,
                    inline.stripTabs(),
                    "",
                    word.span(),
                    word.span())));
      }
    }
    return sources;
  }
}
