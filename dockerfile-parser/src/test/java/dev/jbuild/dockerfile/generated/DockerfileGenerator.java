package dev.jbuild.dockerfile.generated;

import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/** Makes Dockerfiles that mostly parse, from all forms of the language, in odd layouts. */
public final class DockerfileGenerator {
  private static final List<String> WORDS =
      List.of(
          "a", "b.txt", "/c/d", "./e", "$x", "${y:-z}", "\"q r\"", "'s t'", "u\\ v", "é", "😀",
          "[w", "x]", "--", "-f", "#h", "a=b", "*.c", "k?", "<<", "{", "}", "&&", "\\\\");
  private static final List<String> JSON =
      List.of(
          "[\"a\"]",
          "[ \"a b\" , \"\\u00e9\\n\" ]",
          "[]",
          "[\"--x\",\"$y\"]",
          "[\"a\" ]",
          "[\"a\",]");
  private static final List<String> BLANKS =
      List.of(" ", "  ", "\t", " \\\n", " \\\n  ", " \\ \n#c\n\t");

  private final RandomGenerator random;
  private final StringBuilder out = new StringBuilder();

  private DockerfileGenerator(RandomGenerator random) {
    this.random = random;
  }

  /** One file. */
  public static String generate(RandomGenerator random) {
    return new DockerfileGenerator(random).file();
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private boolean chance(int percent) {
    return random.nextInt(100) < percent;
  }

  private String file() {
    if (chance(20)) {
      out.append(
          pick(List.of("# syntax=x\n", "#check = skip=all\n", "# escape=\\\n", "\n# escape=`\n")));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      filler();
      out.append(pick(List.of("ARG", "arg"))).append(blank()).append("g").append(i);
      out.append(chance(50) ? "=" + quoted() : "").append('\n');
    }
    int stages = 1 + random.nextInt(3);
    for (int stage = 0; stage < stages; stage++) {
      filler();
      out.append(pick(List.of("FROM", "from", "From"))).append(blank());
      out.append(chance(20) ? "--platform=$BUILDPLATFORM" + blank() : "");
      out.append(pick(List.of("scratch", "debian:12", "img@sha256:00", "$g1")));
      out.append(chance(60) ? blank() + pick(List.of("AS", "as")) + blank() + "S" + stage : "");
      out.append('\n');
      for (int i = random.nextInt(8); i > 0; i--) {
        filler();
        out.append(chance(20) ? "  " : "");
        out.append(chance(10) ? "ONBUILD" + blank() : "");
        instruction();
      }
    }
    filler();
    return chance(20) ? out.toString().replace("\n", "\r\n") : out.toString();
  }

  private void filler() {
    while (chance(30)) {
      out.append(pick(List.of("\n", "# comment\n", "#x\n", "  # y\n", "#\n", " \t\n")));
    }
  }

  private String blank() {
    return chance(80) ? " " : pick(BLANKS);
  }

  private String words(int count) {
    StringBuilder words = new StringBuilder();
    for (int i = 0; i < count; i++) {
      words.append(i == 0 ? "" : blank()).append(pick(WORDS));
    }
    return words.toString();
  }

  private String quoted() {
    return pick(
        List.of("v", "\"v w\"", "'x y'", "$z", "a\\ b", "", "\"\\\"\"", "\"a \\\n  b\"", "é"));
  }

  private String command() {
    return chance(40) ? pick(JSON) : words(random.nextInt(4));
  }

  private void instruction() {
    switch (random.nextInt(14)) {
      case 0, 1, 2 -> run();
      case 3, 4 -> copy();
      case 5 -> line("ENV", pairs());
      case 6 -> line("LABEL", chance(30) ? "k" + blank() + words(2) : pairs());
      case 7 -> line("ARG", "n" + (chance(50) ? "=" + quoted() : "") + blank() + "m=" + quoted());
      case 8 -> line(pick(List.of("CMD", "entrypoint")), command());
      case 9 ->
          line(
              "HEALTHCHECK",
              chance(30) ? "NONE" : "--interval=5s" + blank() + "cmd" + blank() + "x " + words(1));
      case 10 -> line("EXPOSE", "80" + blank() + "53/udp");
      case 11 -> line("VOLUME", chance(50) ? "[\"/a\",\"/b c\"]" : "/a" + blank() + "/b");
      case 12 -> line(pick(List.of("USER", "WORKDIR", "STOPSIGNAL", "MAINTAINER")), "a" + words(1));
      default -> line("SHELL", "[\"sh\"," + blank() + "\"-c\"]");
    }
  }

  private String pairs() {
    StringBuilder pairs = new StringBuilder("a=" + quoted());
    for (int i = random.nextInt(3); i > 0; i--) {
      pairs.append(blank()).append("b").append(i).append('=').append(quoted());
    }
    return pairs.toString();
  }

  private void line(String keyword, String arguments) {
    out.append(chance(80) ? keyword : keyword.toLowerCase(Locale.ROOT));
    out.append(blank()).append(arguments).append('\n');
  }

  private void run() {
    String flags =
        chance(30)
            ? "--mount=type=cache,target=/x" + blank()
            : chance(10) ? "--network=none" + blank() : "";
    if (chance(30)) {
      heredocs("RUN", flags + (chance(50) ? "cat " : ""), "");
    } else {
      line("RUN", flags + command());
    }
  }

  private void copy() {
    String keyword = pick(List.of("COPY", "ADD"));
    String flags = chance(30) ? "--chown=1:1" + blank() : chance(20) ? "--link" + blank() : "";
    if (chance(25)) {
      heredocs(keyword, flags, " /dst/");
    } else if (chance(25)) {
      line(keyword, flags + "[\"a b\"," + blank() + "\"/c\"]");
    } else {
      line(keyword, flags + words(1 + random.nextInt(3)) + blank() + "/dst");
    }
  }

  private void heredocs(String keyword, String before, String after) {
    boolean strip = chance(30);
    boolean quote = chance(30);
    int count = 1 + random.nextInt(2);
    out.append(keyword).append(' ').append(before);
    for (int i = 0; i < count; i++) {
      out.append(i == 0 ? "<<" : " <<").append(strip ? "-" : "");
      out.append(quote ? "\"E" + i + "\"" : "E" + i);
    }
    out.append(after).append('\n');
    for (int i = 0; i < count; i++) {
      for (int lines = random.nextInt(3); lines > 0; lines--) {
        out.append(
            pick(List.of("x\n", "\ty $v\n", "# no comment\n", "\n", "RUN z \\\n", "#!/bin/sh\n")));
      }
      out.append(strip ? "\t" : "").append('E').append(i).append('\n');
    }
  }
}
