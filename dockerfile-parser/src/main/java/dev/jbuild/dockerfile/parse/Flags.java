package dev.jbuild.dockerfile.parse;

import dev.jbuild.dockerfile.ast.Flag;
import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.parse.Keyword.FlagSpec;
import dev.jbuild.dockerfile.parse.Keyword.FlagType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The flags of one instruction, checked against those it takes. */
final class Flags {
  private final Keyword keyword;
  private final Problems problems;
  private final List<Flag> written = new ArrayList<>();
  private final Map<String, List<DecodedText>> values = new HashMap<>();

  Flags(Keyword keyword, Problems problems) {
    this.keyword = keyword;
    this.problems = problems;
  }

  /** Adds {@code --name} or {@code --name=value}. */
  void add(DecodedText flag, SourceSpan span) {
    String text = flag.text();
    int equals = text.indexOf('=');
    String name = text.substring(2, equals < 0 ? text.length() : equals);
    @Nullable DecodedText value = equals < 0 ? null : flag.part(equals + 1, text.length());
    written.add(new Flag(name, value == null ? null : value.word(), span));
    FlagSpec spec = spec(name, flag.part(0, 2 + name.length()).span());
    if (spec == null) {
      return;
    }
    List<DecodedText> given = values.computeIfAbsent(name, key -> new ArrayList<>());
    if (spec.type() != FlagType.LIST && !given.isEmpty()) {
      problems.add(
          span, "flag \"--" + name + "\" is given twice", keyword + " takes it once; remove one");
      return;
    }
    check(spec, value, span);
    given.add(value == null ? flag.part(text.length(), text.length()) : value);
  }

  private @Nullable FlagSpec spec(String name, SourceSpan span) {
    for (FlagSpec spec : keyword.flags()) {
      if (spec.name().equals(name)) {
        return spec;
      }
    }
    List<String> known = keyword.flags().stream().map(spec -> "--" + spec.name()).toList();
    problems.add(
        span,
        "unknown flag " + Quoted.of("--" + name) + " for " + keyword,
        Nearest.hint("--" + name, known).orElseGet(() -> advice(name, known)));
    return null;
  }

  private String advice(String name, List<String> known) {
    String takes =
        known.isEmpty()
            ? keyword + " takes no flags"
            : keyword + " takes " + String.join(", ", known);
    if (keyword == Keyword.CMD || keyword == Keyword.ENTRYPOINT) {
      return "to pass it on, write " + keyword + " [\"command\", " + Quoted.of("--" + name) + "]";
    }
    for (Keyword other : Keyword.values()) {
      if (other.flags().stream().anyMatch(spec -> spec.name().equals(name))) {
        return "it is a flag of " + other + "; " + takes;
      }
    }
    return takes;
  }

  private void check(FlagSpec spec, @Nullable DecodedText value, SourceSpan span) {
    if (spec.type() == FlagType.BOOL) {
      if (value != null && !isBool(value.text())) {
        problems.add(
            value.span(),
            "flag \"--" + spec.name() + "\" is true or false, not " + Quoted.of(value.text()),
            "write --" + spec.name() + " alone for true");
      }
    } else if (value == null) {
      problems.add(
          span,
          "flag \"--" + spec.name() + "\" needs a value",
          "write --" + spec.name() + "=value, without blanks around the =");
    }
  }

  private static boolean isBool(String text) {
    return text.equalsIgnoreCase("true") || text.equalsIgnoreCase("false");
  }

  /** As written, in order. */
  List<Flag> written() {
    return written;
  }

  /** The value of a flag that is given once; null when it is absent or empty. */
  @Nullable Word text(String name) {
    DecodedText value = decoded(name);
    return value == null || value.text().isEmpty() ? null : value.word();
  }

  private @Nullable DecodedText decoded(String name) {
    List<DecodedText> given = values.get(name);
    return given == null ? null : given.getFirst();
  }

  /** The value of a boolean flag; null when it is absent. */
  @Nullable Boolean bool(String name) {
    DecodedText value = decoded(name);
    return value == null ? null : !value.text().toLowerCase(Locale.ROOT).equals("false");
  }

  /** Whether a boolean flag is given and not false. */
  boolean isSet(String name) {
    return Boolean.TRUE.equals(bool(name));
  }

  /** The values of a flag that may be given often. */
  List<DecodedText> list(String name) {
    return values.getOrDefault(name, List.of());
  }
}
