package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.MountFlag;
import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.grammar.DockerfileLexer;
import dev.jbuild.grammar.FoldedCharStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.antlr.v4.runtime.Token;
import org.jspecify.annotations.Nullable;

/**
 * Splits the CSV of {@code RUN --mount} (RFC 4180 as Go reads it) and checks what does not depend
 * on values that are still to be expanded.
 */
final class MountOptions {
  private static final List<String> TYPES = List.of("bind", "cache", "tmpfs", "secret", "ssh");
  private static final List<String> KEYS =
      List.of(
          "type",
          "from",
          "source",
          "src",
          "target",
          "dst",
          "destination",
          "readonly",
          "ro",
          "readwrite",
          "rw",
          "id",
          "sharing",
          "required",
          "size",
          "mode",
          "uid",
          "gid",
          "env");
  private static final List<String> BARE = List.of("readonly", "ro", "readwrite", "rw", "required");

  private final Problems problems;
  private final List<MountFlag.Option> options = new ArrayList<>();

  private MountOptions(Problems problems) {
    this.problems = problems;
  }

  static MountFlag read(DecodedText value, Problems problems) {
    MountOptions reader = new MountOptions(problems);
    reader.split(value);
    return new MountFlag(value.word(), reader.options);
  }

  private void split(DecodedText value) {
    String text = value.text();
    if (text.isEmpty()) {
      problems.add(value.span(), "mount is empty", "write --mount=type=bind,target=/path");
      return;
    }
    DockerfileLexer lexer =
        new DockerfileLexer(new FoldedCharStream(text, 0, text.length(), '\\', true));
    lexer.removeErrorListeners();
    lexer.mode(DockerfileLexer.OPTIONS);
    boolean afterOption = false;
    for (Token token = lexer.nextToken(); token.getType() != Token.EOF; token = lexer.nextToken()) {
      DecodedText part = value.part(token.getStartIndex(), token.getStopIndex() + 1);
      if (token.getType() == DockerfileLexer.COMMA) {
        if (!afterOption) {
          option(part, "");
        }
        afterOption = false;
        continue;
      }
      boolean quoted = token.getType() == DockerfileLexer.QUOTED_OPTION;
      if (afterOption || (!quoted && part.text().indexOf('"') >= 0)) {
        problems.add(
            part.span(),
            "misplaced quote in mount " + Quoted.of(text),
            "quote a whole option, \"key=value\", and double a quote within");
        return;
      }
      String field =
          quoted
              ? part.text().substring(1, part.text().length() - 1).replace("\"\"", "\"")
              : part.text();
      option(part, field);
      afterOption = true;
    }
    if (!afterOption) {
      option(value.part(text.length(), text.length()), "");
    }
  }

  private void option(DecodedText part, String field) {
    int equals = field.indexOf('=');
    String written = equals < 0 ? field : field.substring(0, equals);
    String key = written.toLowerCase(Locale.ROOT);
    if (!KEYS.contains(key)) {
      boolean verbatim = part.text().equals(field) && !written.isEmpty();
      problems.add(
          verbatim ? part.part(0, written.length()).span() : part.span(),
          field.isEmpty()
              ? "mount has an empty option"
              : "unknown option " + Quoted.of(written) + " of mount",
          field.isEmpty()
              ? "remove the comma"
              : Nearest.hint(key, KEYS).orElse("options are " + String.join(", ", KEYS)));
      return;
    }
    if (equals < 0) {
      if (!BARE.contains(key)) {
        problems.add(
            part.span(),
            "option \"" + key + "\" of mount needs a value",
            "write " + key + "=value");
      }
      options.add(new MountFlag.Option(key, null, part.span()));
      return;
    }
    Word value = valueOf(part, field, equals);
    check(key, value);
    options.add(new MountFlag.Option(key, value, part.span()));
  }

  private static Word valueOf(DecodedText part, String field, int equals) {
    boolean verbatim = part.text().equals(field);
    return verbatim
        ? part.part(equals + 1, field.length()).word()
        : new Word(field.substring(equals + 1), part.span());
  }

  private void check(String key, Word value) {
    String text = value.text();
    if (key.equals("from")) {
      checkNoVariable("mount option \"from\"", value, problems);
    } else if (key.equals("type")
        && text.matches("[A-Za-z0-9_-]*")
        && !TYPES.contains(text.toLowerCase(Locale.ROOT))) {
      problems.add(
          value.span(),
          "unknown mount type " + Quoted.of(text),
          Nearest.hint(text, TYPES).orElse("types are " + String.join(", ", TYPES)));
    }
  }

  /**
   * Refuses a variable where BuildKit takes none, since stages are linked before values are known.
   */
  static void checkNoVariable(String what, @Nullable Word value, Problems problems) {
    if (value == null) {
      return;
    }
    int dollar = value.text().indexOf('$');
    if (dollar >= 0 && dollar < value.text().length() - 1) {
      problems.add(
          value.spanAt(dollar),
          "variables do not expand in " + what,
          "name a stage: FROM " + Quoted.inner(value.text()) + " AS name, with a global ARG");
    }
  }
}
