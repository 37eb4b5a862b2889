package dev.jbuild.dockerfile.golden;

import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.PartialDockerfile;
import dev.jbuild.dockerfile.ast.SourceText;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.format.Formatter;
import dev.jbuild.dockerfile.format.ParseJson;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher.PatternException;
import dev.jbuild.dockerfile.lint.CheckOptions;
import dev.jbuild.dockerfile.lint.LintOptions;
import dev.jbuild.dockerfile.lint.LintReport;
import dev.jbuild.dockerfile.lint.Linter;
import dev.jbuild.dockerfile.outline.BuildErrors;
import dev.jbuild.dockerfile.outline.Outline;
import dev.jbuild.dockerfile.outline.StageGraph;
import dev.jbuild.dockerfile.outline.Targets;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import dev.jbuild.dockerfile.parse.ParseResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A folder of testdata/dockerfile: {@code Dockerfile}, perhaps {@code options} and {@code
 * dockerignore}, and what is expected of them, one file for each way to look at them.
 *
 * <p>{@code options} has lines {@code build-arg K=V}, {@code target NAME}, {@code platform P} and
 * {@code extended}.
 */
record GoldenCase(Path folder) {
  static List<GoldenCase> all() {
    Path root = Path.of("").toAbsolutePath();
    while (!Files.isDirectory(root.resolve("testdata/dockerfile"))) {
      root = root.getParent();
      if (root == null) {
        throw new IllegalStateException("no testdata/dockerfile above the working directory");
      }
    }
    try (Stream<Path> folders = Files.list(root.resolve("testdata/dockerfile"))) {
      return folders.filter(Files::isDirectory).sorted().map(GoldenCase::new).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  byte[] input() {
    try {
      return Files.readAllBytes(folder.resolve("Dockerfile"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<String> options(String key) {
    return text("options")
        .lines()
        .filter(line -> line.startsWith(key))
        .map(line -> line.substring(key.length()).strip())
        .toList();
  }

  private Map<String, String> buildArgs() {
    Map<String, String> args = new LinkedHashMap<>();
    for (String option : options("build-arg ")) {
      int equals = option.indexOf('=');
      args.put(option.substring(0, equals), option.substring(equals + 1));
    }
    return args;
  }

  private Map<String, String> platformArgs() {
    List<String> platform = options("platform ");
    return Linter.platformArgs(
        "linux/amd64", platform.isEmpty() ? "linux/amd64" : platform.getFirst());
  }

  private Stage target(Dockerfile tree) {
    List<String> target = options("target ");
    return StageGraph.target(tree, target.isEmpty() ? null : target.getFirst());
  }

  String text(String file) {
    Path path = folder.resolve(file);
    try {
      return Files.exists(path) ? Files.readString(path) : "";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The expectations that exist; without any, that of the parser. */
  List<String> kinds() {
    List<String> kinds = new ArrayList<>();
    for (String kind :
        List.of(
            "expanded.txt",
            "refused.txt",
            "check.txt",
            "check.json",
            "outline.txt",
            "outline.json",
            "targets.txt",
            "targets.json",
            "ignored.txt",
            "fmt.txt")) {
      if (Files.exists(folder.resolve(kind))) {
        kinds.add(kind);
      }
    }
    kinds.add(parse().tree().isPresent() ? "ast.json" : "error.txt");
    return kinds;
  }

  ParseResult parse() {
    return DockerfileParser.parse("Dockerfile", input());
  }

  /** What comes out; stray bytes show as U+FFFD. */
  String actual(String kind) {
    return SourceText.printable(result(kind));
  }

  private String result(String kind) {
    if (kind.equals("error.txt")) {
      return Errors.text(parse().errors(), SourceText.of(input()));
    }
    if (kind.equals("refused.txt") && parse().tree().isEmpty()) {
      return parse().partial().map(this::refused).orElse("");
    }
    Dockerfile tree = parse().orThrow();
    try {
      return switch (kind) {
        case "ast.json" -> ParseJson.write(tree);
        case "expanded.txt" -> ExpansionDump.of(tree, target(tree), platformArgs(), buildArgs());
        case "refused.txt" -> refused(PartialDockerfile.whole(tree));
        case "check.txt" -> LintReport.text(Linter.lint(tree, lintOptions(tree)), tree.source());
        case "check.json" -> LintReport.json(Linter.lint(tree, lintOptions(tree)));
        case "outline.txt" -> outline(tree).toText();
        case "outline.json" -> outline(tree).toJson();
        case "targets.txt" -> Targets.of(tree).toText();
        case "targets.json" -> Targets.of(tree).toJson();
        case "ignored.txt" -> ignored();
        case "fmt.txt" -> Formatter.format(tree);
        default -> throw new IllegalArgumentException(kind);
      };
    } catch (DockerfileException e) {
      return Errors.text(e.diagnostics(), tree.source());
    }
  }

  /** What no build of the target, or of any stage, accepts. */
  private String refused(PartialDockerfile file) {
    Dockerfile tree = file.tree();
    List<Stage> targets = options("target ").isEmpty() ? tree.stages() : List.of(target(tree));
    return Errors.text(
        BuildErrors.of(file, targets, Set.of(), platformArgs(), buildArgs()), tree.source());
  }

  /** What becomes of each of the paths; or what is wrong with the ignore file. */
  private String ignored() {
    try {
      IgnoreMatcher ignore = IgnoreMatcher.parse(text("dockerignore"));
      return text("paths")
          .lines()
          .map(path -> ignore.verdict(path).name().toLowerCase(Locale.ROOT) + " " + path + "\n")
          .collect(Collectors.joining());
    } catch (PatternException e) {
      return "line " + e.line() + ": " + e.getMessage() + "\n";
    }
  }

  private Outline outline(Dockerfile tree) {
    return Outline.of(tree, target(tree), platformArgs(), buildArgs());
  }

  private LintOptions lintOptions(Dockerfile tree) {
    CheckOptions check =
        tree.directives()
            .check()
            .map(directive -> CheckOptions.parse(directive.value()))
            .orElse(CheckOptions.DEFAULT);
    LintOptions options =
        new LintOptions(
            check,
            !options("extended").isEmpty(),
            options("target ").isEmpty() ? null : target(tree),
            null,
            platformArgs(),
            buildArgs(),
            image -> null);
    return Files.exists(folder.resolve("dockerignore"))
        ? options.withIgnore(IgnoreMatcher.parse(text("dockerignore")))
        : options;
  }

  void write(String kind, String content) {
    try {
      Files.write(folder.resolve(kind), content.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return folder.getFileName().toString();
  }
}
