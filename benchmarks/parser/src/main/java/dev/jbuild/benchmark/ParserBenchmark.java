package dev.jbuild.benchmark;

import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Word;
import dev.jbuild.dockerfile.expand.Expansion;
import dev.jbuild.dockerfile.expand.Variables;
import dev.jbuild.dockerfile.expand.WordExpander;
import dev.jbuild.dockerfile.format.Formatter;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;
import dev.jbuild.dockerfile.lint.LintOptions;
import dev.jbuild.dockerfile.lint.Linter;
import dev.jbuild.dockerfile.parse.DockerfileParser;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** Time per file, word or list of paths of a given size; it should grow as the size does. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 3, time = 2)
public class ParserBenchmark {
  /** Twenty lines as they are in the wild. */
  private static final String BLOCK =
      """
      FROM --platform=$BUILDPLATFORM golang:1.24-bookworm AS build
      ARG TARGETOS TARGETARCH
      ARG VERSION=dev
      WORKDIR /src
      # dependencies first, they change less often
      COPY go.mod go.sum ./
      RUN --mount=type=cache,target=/go/pkg/mod,sharing=locked \\
          go mod download -x
      COPY --link . .
      ENV CGO_ENABLED=0 GOFLAGS="-trimpath -buildvcs=false"
      RUN --mount=type=cache,target=/root/.cache/go-build \\
          GOOS=$TARGETOS GOARCH=$TARGETARCH \\
          go build -ldflags "-s -w -X main.version=${VERSION}" -o /out/app ./cmd/app
      FROM gcr.io/distroless/static-debian12:nonroot
      LABEL org.opencontainers.image.source="https://example.com/app" maintainer='me'
      COPY --from=build --chown=65532:65532 --chmod=0755 /out/app /usr/bin/app
      EXPOSE 8080/tcp 9090
      USER 65532:65532
      HEALTHCHECK --interval=30s --timeout=3s CMD ["/usr/bin/app", "health"]
      ENTRYPOINT ["/usr/bin/app"]
      """;

  @Param({"10", "1000", "100000"})
  public int lines;

  private byte[] file = {};
  private Dockerfile tree = parse(BLOCK.getBytes(StandardCharsets.UTF_8));
  private Word word = new Word("", new SourceSpan("Dockerfile", 1, 1, 1, 1));
  private IgnoreMatcher ignore = IgnoreMatcher.parse("");
  private List<String> paths = List.of();
  private final WordExpander expander = new WordExpander('\\');
  private final Variables variables =
      Variables.of(Map.of("name", "value", "path", "/usr/local/bin/tool"));

  /** Makes the inputs. */
  @Setup
  public void setUp() {
    List<String> block = BLOCK.lines().toList();
    StringBuilder text = new StringBuilder("FROM scratch\n");
    int count = lines / block.size();
    text.append(BLOCK.repeat(count));
    block.stream().limit(count == 0 ? 5 : 0).forEach(line -> text.append(line).append('\n'));
    file = text.toString().getBytes(StandardCharsets.UTF_8);
    tree = parse(file);
    String piece = "a${name}b \"${none:-$path}\" ${path##*/}\\$ 'x' ";
    word = new Word(piece.repeat(Math.max(1, lines / 4)), word.span());
    ignore =
        IgnoreMatcher.parse(
            "**/.git\nnode_modules\n*.log\n**/*.o\nbuild/**\n!build/keep\ndocs/*.md\n");
    paths =
        IntStream.range(0, lines)
            .mapToObj(i -> "src/main/java/package" + i % 97 + "/File" + i + ".java")
            .toList();
  }

  private static Dockerfile parse(byte[] bytes) {
    return DockerfileParser.parse("Dockerfile", bytes).orThrow();
  }

  /** A file of {@code lines} lines. */
  @Benchmark
  public Dockerfile parse() {
    return parse(file);
  }

  /** All standard rules over it. */
  @Benchmark
  public int lint() {
    return Linter.lint(tree, LintOptions.standard()).size();
  }

  /** Its canonical layout. */
  @Benchmark
  public String format() {
    return Formatter.format(tree);
  }

  /** A word of about ten characters for each of {@code lines}. */
  @Benchmark
  public Expansion expand() {
    return expander.expand(word, variables);
  }

  /** As many paths against seven patterns. */
  @Benchmark
  public int ignore() {
    int excluded = 0;
    for (String path : paths) {
      excluded += ignore.excluded(path) ? 1 : 0;
    }
    return excluded;
  }
}
