package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.Blanks;
import dev.jbuild.dockerfile.ast.ExposeInstruction;
import dev.jbuild.dockerfile.ast.FromInstruction;
import dev.jbuild.dockerfile.ast.InstructionLine;
import dev.jbuild.dockerfile.ast.KeyValue;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.ShellInstruction;
import dev.jbuild.dockerfile.ast.VolumeInstruction;
import dev.jbuild.dockerfile.ast.Word;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Makes the instructions whose arguments are words, pairs or the rest of the line. */
final class ArgumentBuilder {
  private final LineLexer lexer;
  private final Problems problems;

  /** Where the arguments begin and end. */
  private final int start;

  private final int end;

  ArgumentBuilder(LineLexer lexer, Problems problems, int start) {
    this.lexer = lexer;
    this.problems = problems;
    this.start = start;
    this.end = lexer.end();
  }

  @Nullable FromInstruction from(InstructionLine head, Flags flags) {
    List<Word> words = lexer.words(start, LineLexer.Mode.WORDS);
    if (words.isEmpty()) {
      problems.add(
          lexer.atEnd(),
          "FROM needs an image",
          "write FROM image, or FROM scratch for an empty one");
      return null;
    }
    Word image = words.getFirst();
    Word platform = flags.text("platform");
    if (words.size() == 1) {
      return new FromInstruction(head, image, platform, null, null);
    }
    Word as = words.get(1);
    if (!as.text().equalsIgnoreCase("AS")) {
      problems.add(
          as.span(),
          "unexpected " + Quoted.of(as.text()) + " after the image of FROM",
          as.text().startsWith("--")
              ? "flags stand before the image: FROM " + as.text() + " " + image.text()
              : "to name the stage write FROM " + Quoted.inner(image.text()) + " AS name");
      return null;
    }
    if (words.size() == 2) {
      problems.add(as.span(), "stage name is missing after AS", "write AS name");
      return null;
    }
    Word name = words.get(2);
    if (words.size() > 3) {
      problems.add(
          words.get(3).span(),
          "unexpected " + Quoted.of(words.get(3).text()) + " after the stage name",
          "one instruction stands on one line");
    } else if (!name.text().toLowerCase(Locale.ROOT).matches("[a-z][a-z0-9_.-]*")) {
      problems.add(
          name.span(),
          "invalid stage name " + Quoted.of(name.text()),
          "begin with a letter; then letters, digits, \"-\", \"_\" and \".\" may follow");
    }
    return new FromInstruction(head, image, platform, as, name);
  }

  @Nullable ArgInstruction arg(InstructionLine head) {
    List<Word> words = lexer.quotedWords(start);
    List<ArgInstruction.Declaration> declarations = new ArrayList<>();
    for (Word word : words) {
      int equals = word.text().indexOf('=');
      if (equals == 0) {
        problems.add(word.span(), "ARG name is empty", "write ARG name=default");
        continue;
      }
      Word name = equals < 0 ? word : Parts.of(word, 0, equals);
      Word value = equals < 0 ? null : Parts.of(word, equals + 1, word.text().length());
      declarations.add(
          new ArgInstruction.Declaration(
              name, value, Descriptions.of(head.comments(), name.text())));
    }
    if (words.isEmpty()) {
      problems.add(lexer.atEnd(), "ARG needs a name", "write ARG name or ARG name=default");
      return null;
    }
    return new ArgInstruction(head, declarations);
  }

  record Pairs(List<KeyValue> all, boolean legacy) {}

  @Nullable Pairs pairs(Keyword keyword) {
    String form = "write " + keyword + " name=value";
    List<Word> words = lexer.quotedWords(start);
    if (words.isEmpty()) {
      problems.add(lexer.atEnd(), keyword + " needs a name and a value", form);
      return null;
    }
    if (words.getFirst().text().indexOf('=') < 0) {
      return legacyPair(keyword, form);
    }
    List<KeyValue> pairs = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      Word word = words.get(i);
      int equals = word.text().indexOf('=');
      Word next = i + 1 < words.size() ? words.get(i + 1) : null;
      Word before = i > 0 ? words.get(i - 1) : null;
      if (equals < 0 && next != null && next.text().startsWith("=")) {
        // one mistake, told once: neither the sign nor the value after it is another
        problems.add(
            word.span().to(next.span()),
            "a blank stands before the \"=\" of " + Quoted.of(word.text()),
            "write " + keyword + " " + word.text() + "=value, without blanks around \"=\"");
        i += next.text().equals("=") ? 2 : 1;
      } else if (equals < 0 && before != null && splitsReference(before.text())) {
        problems.add(
            before.span().to(word.span()),
            "a blank ends the argument " + Quoted.of(before.text()) + " within \"${\"",
            "put the argument's value in quotes: " + quoted(before.text()));
        while (i < words.size() && !words.get(i).text().contains("}")) {
          i++;
        }
      } else if (equals < 0) {
        problems.add(
            word.span(),
            keyword + " argument " + Quoted.of(word.text()) + " has no \"=\"",
            form + "; put a value with blanks in quotes");
      } else if (equals == 0) {
        problems.add(word.span(), keyword + " name is empty", form);
      } else {
        pairs.add(
            new KeyValue(
                Parts.of(word, 0, equals), Parts.of(word, equals + 1, word.text().length())));
      }
    }
    return new Pairs(pairs, false);
  }

  /** Whether the word ends within a reference: a blank stands between its braces. */
  private static boolean splitsReference(String word) {
    int open = word.lastIndexOf("${");
    return open > word.indexOf('=') && word.indexOf('}', open) < 0;
  }

  private static String quoted(String word) {
    int equals = word.indexOf('=');
    return word.substring(0, equals + 1) + "\"" + word.substring(equals + 1) + " …}\"";
  }

  /** {@code ENV key value}: chosen when the first word has no {@code =}. */
  private @Nullable Pairs legacyPair(Keyword keyword, String form) {
    int keyEnd = start;
    while (keyEnd < end && !isArgumentBlank(lexer.text().charAt(keyEnd))) {
      keyEnd++;
    }
    int value = keyEnd;
    while (value < end && isArgumentBlank(lexer.text().charAt(value))) {
      value++;
    }
    if (value == end) {
      problems.add(
          lexer.span(start, keyEnd),
          keyword + " " + Quoted.of(lexer.text().substring(start, keyEnd)) + " has no value",
          form);
      return null;
    }
    return new Pairs(
        List.of(new KeyValue(lexer.word(start, keyEnd), lexer.word(value, end))), true);
  }

  private static boolean isArgumentBlank(char c) {
    return c == ' ' || c == '\t' || c == '\u000b' || c == '\f' || c == '\r';
  }

  @Nullable ExposeInstruction expose(InstructionLine head) {
    List<Word> ports = lexer.words(start, LineLexer.Mode.WORDS);
    if (ports.isEmpty()) {
      problems.add(lexer.atEnd(), "EXPOSE needs a port", "write EXPOSE 80 or EXPOSE 53/udp");
      return null;
    }
    return new ExposeInstruction(head, ports);
  }

  @Nullable VolumeInstruction volume(InstructionLine head, List<Word> paths) {
    if (paths.isEmpty()) {
      problems.add(lexer.atEnd(), "VOLUME needs a path", "write VOLUME /path");
      return null;
    }
    List<Word> trimmed = new ArrayList<>();
    for (Word path : paths) {
      String text = Blanks.strip(path.text());
      if (text.isEmpty()) {
        problems.add(path.span(), "VOLUME path is empty", "write VOLUME /path");
      }
      trimmed.add(text.equals(path.text()) ? path : new Word(text, path.span()));
    }
    return new VolumeInstruction(head, trimmed);
  }

  @Nullable ShellInstruction shell(InstructionLine head, @Nullable JsonArray json) {
    if (json == null) {
      problems.add(
          start == end ? lexer.atEnd() : lexer.span(start, end),
          "SHELL takes the JSON form only",
          "write SHELL [\"/bin/bash\", \"-c\"]");
      return null;
    }
    if (json.strings().isEmpty()) {
      problems.add(lexer.span(start, end), "SHELL is empty", "write SHELL [\"/bin/bash\", \"-c\"]");
      return null;
    }
    return new ShellInstruction(head, json.strings().stream().map(Word::text).toList());
  }

  @Nullable Word rest(Keyword keyword) {
    if (start == end) {
      problems.add(
          lexer.atEnd(),
          keyword + " needs an argument",
          switch (keyword) {
            case USER -> "write USER name, or USER name:group";
            case WORKDIR -> "write WORKDIR /path";
            case STOPSIGNAL -> "write STOPSIGNAL SIGTERM, for instance";
            default -> "write " + keyword + " text";
          });
      return null;
    }
    return lexer.word(start, end);
  }
}
