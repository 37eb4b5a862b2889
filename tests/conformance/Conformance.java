import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.SimpleFileServer;
import dev.jbuild.cli.Console;
import dev.jbuild.cli.Jbuild;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Builds the cases of testdata/conformance with jbuild, all in this process, and compares each with
 * what BuildKit made of it (README.md there). Run from source, with the distribution's libraries:
 *
 * <pre>
 * Conformance check  TOP WORK [CASE…]   TAP on stdout, one claim a case
 * Conformance accept TOP WORK CASE…     writes what jbuild makes as the intended difference or message
 * Conformance record TOP WORK CASE…     writes the goldens of the archives and errors that record left
 * </pre>
 */
final class Conformance {
  private static final String FAILS = "fails: ";
  private static final String DIFFERENCE = "difference: ";

  private final Path top;
  private final Path cases;
  private final Path work;
  private final Golden golden;
  private final String http;
  private final String salt;

  private Conformance(Path top, Path work, String http, String salt) throws IOException {
    this.top = top;
    this.work = work;
    this.http = http;
    this.salt = salt;
    cases = top.resolve("testdata/conformance");
    golden = new Golden(work.resolve("bases"));
  }

  public static void main(String[] args) throws Exception {
    Path top = Path.of(args[1]);
    Path work = Path.of(args[2]);
    List<String> names = Arrays.asList(args).subList(3, args.length);
    if (args[0].equals("record")) {
      List<String> used = Files.readAllLines(work.resolve("names"));
      new Conformance(top, work, used.getFirst(), used.getLast()).record(names);
      return;
    }
    HttpServer web =
        SimpleFileServer.createFileServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Files.createDirectories(work.resolve("cases")),
            SimpleFileServer.OutputLevel.NONE);
    web.start();
    var conformance =
        new Conformance(top, work, "http://127.0.0.1:" + web.getAddress().getPort(), "s0");
    boolean good = true;
    switch (args[0]) {
      case "check" -> good = conformance.check(names);
      case "accept" -> conformance.accept(names);
      default -> throw new IllegalArgumentException(args[0]);
    }
    web.stop(0);
    System.exit(good ? 0 : 1);
  }

  private List<String> all() throws IOException {
    try (var folders = Files.list(cases)) {
      return folders
          .filter(Files::isDirectory)
          .map(f -> f.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  private boolean check(List<String> some) throws Exception {
    importBases();
    int number = 0;
    int failed = 0;
    for (String name : some.isEmpty() ? all() : some) {
      number++;
      String problem;
      try {
        problem = problem(name);
      } catch (IOException | RuntimeException e) {
        problem = e.toString();
      }
      System.out.println((problem.isEmpty() ? "ok " : "not ok ") + number + " - " + name);
      problem.lines().forEach(line -> System.out.println("#   " + line));
      failed += problem.isEmpty() ? 0 : 1;
    }
    if (some.isEmpty()) {
      number++;
      List<String> problems = Points.problems(top, all());
      System.out.println(
          (problems.isEmpty() ? "ok " : "not ok ")
              + number
              + " - every point of the exact semantics is held by a case or a test");
      problems.forEach(problem -> System.out.println("#   " + problem));
      failed += problems.isEmpty() ? 0 : 1;
    }
    System.out.println("1.." + number);
    return failed == 0;
  }

  /** What is wrong with a case, empty if nothing. */
  private String problem(String name) throws Exception {
    Path folder = cases.resolve(name);
    String reference = Files.readString(folder.resolve("golden"));
    Path intended = folder.resolve("golden.jbuild");
    String actual = build(name);
    if (Files.exists(intended)) {
      String text = Files.readString(intended);
      String row = text.lines().findFirst().orElse("").replaceFirst("^" + DIFFERENCE, "");
      String expected = text.substring(text.indexOf('\n') + 1);
      if (expected.equals(reference)) {
        return "golden.jbuild is the same as golden";
      }
      boolean listed =
          Files.readString(top.resolve("docs/compatibility.md")).contains("\n| " + row + " |");
      return listed
          ? difference(expected, actual)
          : "docs/compatibility.md has no row \"" + row + "\"";
    }
    if (reference.startsWith(FAILS)) {
      return difference(FAILS + Files.readString(folder.resolve("message")), actual);
    }
    return difference(reference, actual);
  }

  private void accept(List<String> names) throws Exception {
    importBases();
    for (String name : names) {
      Path folder = cases.resolve(name);
      String actual = build(name);
      boolean bothFail =
          Files.readString(folder.resolve("golden")).startsWith(FAILS) && actual.startsWith(FAILS);
      if (bothFail) {
        Files.writeString(folder.resolve("message"), actual.substring(FAILS.length()));
      } else {
        Path intended = folder.resolve("golden.jbuild");
        String row =
            Files.exists(intended) ? Files.readAllLines(intended).getFirst() : DIFFERENCE + "?";
        Files.writeString(intended, row + "\n" + actual);
      }
    }
  }

  private void record(List<String> names) throws IOException {
    for (String name : names) {
      Path archive = work.resolve(name + ".tar");
      String text =
          Files.exists(archive)
              ? made(name)
              : named(name, FAILS + Files.readString(work.resolve(name + ".error")));
      Files.writeString(cases.resolve(name).resolve("golden"), text);
    }
  }

  private void importBases() throws IOException {
    try (var bases = Files.list(work.resolve("bases"))) {
      for (Path base : bases.filter(Files::isDirectory).sorted().toList()) {
        String result =
            run(List.of("copy", "oci:" + base + ":latest", base.getFileName() + ":latest"));
        if (!result.isEmpty()) {
          throw new IOException("cannot import " + base + ": " + result);
        }
      }
    }
  }

  /** What jbuild makes of a case, in the form of a golden. */
  private String build(String name) throws IOException, InterruptedException {
    Path source = cases.resolve(name);
    Path folder = work.resolve("cases").resolve(name);
    prepare(source, folder, "context");
    Path archive = work.resolve(name + ".tar");
    String error = build(name, source.resolve("Dockerfile"), source.resolve("options"), archive);
    if (error.isEmpty() && twice(source)) {
      prepare(source, folder, "again");
      Path dockerfile = source.resolve("Dockerfile.again");
      Path options = source.resolve("options.again");
      error =
          build(
              name,
              Files.exists(dockerfile) ? dockerfile : source.resolve("Dockerfile"),
              Files.exists(options) ? options : source.resolve("options"),
              work.resolve(name + ".again.tar"));
    }
    if (error.isEmpty()) {
      return made(name);
    }
    return named(
        name, FAILS + error.replace(folder.toString(), "{work}").replace(source + "/", ""));
  }

  /** What the archives of a case hold. */
  private String made(String name) throws IOException {
    Image image = Image.ofArchive(work.resolve(name + ".tar"));
    Path second = work.resolve(name + ".again.tar");
    return named(
        name,
        Files.exists(second) ? golden.again(image, Image.ofArchive(second)) : golden.of(image));
  }

  private static boolean twice(Path source) {
    return Stream.of("again", "Dockerfile.again", "options.again")
        .anyMatch(file -> Files.exists(source.resolve(file)));
  }

  private String build(String name, Path dockerfile, Path options, Path archive)
      throws IOException {
    Path folder = work.resolve("cases").resolve(name);
    List<String> args = new ArrayList<>(List.of("build", "--progress", "quiet"));
    args.addAll(List.of("-o", "type=oci,compression=uncompressed,dest=" + archive));
    args.addAll(List.of("-f", dockerfile.toString()));
    if (Files.exists(options)) {
      Files.readAllLines(options)
          .forEach(line ->
              args.add(
                  line.replace("{work}", folder.toString())
                      .replace("{http}", http + "/" + name)
                      .replace("{salt}", salt)));
    }
    args.add(folder.resolve("context").toString());
    return run(args);
  }

  /** The text with the names of what differs from run to run. */
  private String named(String name, String text) {
    return text.replace(http + "/" + name, "{http}").replace(salt, "{salt}");
  }

  private void prepare(Path source, Path folder, String script)
      throws IOException, InterruptedException {
    Path program = top.resolve("tests/conformance/prepare");
    List<String> command =
        List.of(program.toString(), source.toString(), folder.toString(), script);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new IOException(command + ": " + said);
    }
  }

  /** Runs jbuild; returns its error lines, empty if it succeeded. */
  private String run(List<String> args) {
    var out = new ByteArrayOutputStream();
    var err = new ByteArrayOutputStream();
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.put("JBUILD_ROOT", work.resolve("store").toString());
    var console =
        new Console(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            InputStream.nullInputStream(),
            environment,
            descriptor -> false);
    int code = new Jbuild(console).run(args.toArray(String[]::new));
    if (code == 0) {
      return "";
    }
    String said = err.toString(StandardCharsets.UTF_8);
    String errors =
        said.lines().filter(line -> line.startsWith("error:")).collect(Collectors.joining("\n"));
    return (errors.isEmpty() ? "exit code " + code + ": " + said : errors) + "\n";
  }

  /** The lines only one of two texts has; empty when they are equal. */
  private static String difference(String expected, String actual) {
    if (expected.equals(actual)) {
      return "";
    }
    List<String> wanted = expected.lines().toList();
    List<String> got = actual.lines().toList();
    StringBuilder text = new StringBuilder();
    wanted.stream()
        .filter(line -> !got.contains(line))
        .forEach(line -> text.append("expected ").append(line).append('\n'));
    got.stream()
        .filter(line -> !wanted.contains(line))
        .forEach(line -> text.append("is       ").append(line).append('\n'));
    return text.isEmpty()
        ? "the same lines in another order or number\n" + actual
        : text.toString();
  }
}
