package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.opentest4j.TestAbortedException;

/**
 * Runs the tests of a {@link LauncherContract} in a JVM that JUnit did not start: one inside a user
 * namespace, or inside a container. Prints one line for each: {@code PASS name}, {@code SKIP name
 * reason} or {@code FAIL name message}.
 */
final class ForkedContract {

  private ForkedContract() {}

  /** Arguments: the class name, a folder to work in. */
  public static void main(String[] args) throws Exception {
    Class<?> type = Class.forName(args[0]);
    Path folder = Files.createDirectories(Path.of(args[1]));
    Timeout each = type.getSuperclass().getAnnotation(Timeout.class);
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    if (HostileContract.class.isAssignableFrom(type)) {
      for (HostileRows.Row row : HostileRows.rows()) {
        Path own = Files.createDirectory(folder.resolve(row.name()));
        out.println(
            run(
                row.name(),
                limit(each),
                () -> {
                  HostileContract contract = (HostileContract) make(type);
                  contract.dir = own;
                  contract.makeRig();
                  contract.attackFails(row);
                }));
      }
    }
    List<Method> tests =
        Stream.<Class<?>>iterate(type, Objects::nonNull, Class::getSuperclass)
            .flatMap(part -> Arrays.stream(part.getDeclaredMethods()))
            .filter(m -> m.isAnnotationPresent(Test.class))
            .sorted(Comparator.comparing(Method::getName))
            .toList();
    for (Method test : tests) {
      Path own = Files.createDirectory(folder.resolve(test.getName()));
      out.println(
          run(
              test.getName(),
              limit(test.getAnnotation(Timeout.class), each),
              () -> {
                Object contract = make(type);
                if (contract instanceof HostileContract hostile) {
                  hostile.dir = own;
                  hostile.makeRig();
                } else if (contract instanceof LauncherContract launcher) {
                  launcher.dir = own;
                  launcher.makeRig();
                }
                test.setAccessible(true);
                test.invoke(contract);
              }));
    }
    System.exit(0);
  }

  interface Attempt {
    void run() throws Exception;
  }

  private static Object make(Class<?> type) throws ReflectiveOperationException {
    var constructor = type.getDeclaredConstructor();
    constructor.setAccessible(true);
    return constructor.newInstance();
  }

  /** The first that is there; JUnit, which would look at it, is not in this JVM. */
  private static Duration limit(@Nullable Timeout... given) {
    for (Timeout timeout : given) {
      if (timeout != null) {
        return Duration.of(timeout.value(), timeout.unit().toChronoUnit());
      }
    }
    throw new IllegalStateException("a contract needs a @Timeout");
  }

  /** One line; an attempt that takes too long is interrupted, and failed. */
  static String run(String name, Duration limit, Attempt attempt) {
    try {
      assertTimeoutPreemptively(limit, attempt::run);
      return "PASS " + name;
    } catch (Exception | AssertionError e) {
      Throwable cause =
          e instanceof InvocationTargetException && e.getCause() != null ? e.getCause() : e;
      return (cause instanceof TestAbortedException ? "SKIP " : "FAIL ")
          + name
          + " "
          + cause.getClass().getSimpleName()
          + ": "
          + String.valueOf(cause.getMessage()).replaceAll("\\s+", " ");
    }
  }

  /**
   * Starts a JVM through a shell script and makes a test of each line it prints. In the script
   * {@code $JAVA} is the command to run, {@code $DIR} a folder that is open to everyone and holds
   * {@code jbuild-init} and {@code attack}.
   *
   * @param expected ends of messages that are refusals as they should be
   */
  static Stream<DynamicTest> tests(Class<?> type, Path dir, String script, String... expected)
      throws Exception {
    Path work = Files.createDirectory(dir.resolve("home"));
    String classPath = copyClassPath(Files.createDirectory(dir.resolve("cp")));
    Files.copy(LauncherBinary.locate(), dir.resolve("jbuild-init"));
    Files.copy(Rig.attackProgram(), dir.resolve("attack"));
    String java =
        Path.of(System.getProperty("java.home"), "bin", "java")
            + " -Djava.io.tmpdir=%1$s -Djbuild.init=%2$s/jbuild-init -Djbuild.attack=%2$s/attack"
                .formatted(work, dir)
            + " -Xmx200m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "
            + classPath
            + " "
            + ForkedContract.class.getName()
            + " '"
            + type.getName()
            + "' "
            + work
            + "/work";
    Files.writeString(
        dir.resolve("script"),
        "chmod -R a+rX $DIR/cp $DIR/attack; chmod 755 $DIR $DIR/jbuild-init\n" + script);
    ProcessBuilder builder =
        new ProcessBuilder("sh", "-e", dir.resolve("script").toString())
            .redirectError(dir.resolve("errors").toFile());
    builder.environment().put("JAVA", java);
    builder.environment().put("DIR", dir.toString());
    Process process = builder.start();
    List<String> lines;
    try (BufferedReader in = process.inputReader()) {
      lines = in.lines().filter(line -> line.matches("(PASS|SKIP|FAIL) .*")).toList();
    }
    int code = process.waitFor();
    String errors = Files.readString(dir.resolve("errors"));
    assumeTrue(code != 77, errors);
    assertThat(lines).as(errors).hasSizeGreaterThan(25);
    return lines.stream()
        .map(line -> {
          String[] words = line.split(" ", 3);
          return DynamicTest.dynamicTest(
              words[1],
              () -> {
                assumeTrue(!words[0].equals("SKIP"), line);
                for (String end : expected) {
                  assumeTrue(!line.endsWith(end), "refused, as it should be: " + line);
                }
                assertThat(line).startsWith("PASS");
              });
        });
  }

  /**
   * Copies the class path of the tests to where any user can read it.
   *
   * @return the class path of the copy
   */
  static String copyClassPath(Path folder) throws IOException {
    StringBuilder copy = new StringBuilder();
    int n = 0;
    for (String entry : System.getProperty("java.class.path").split(":", -1)) {
      Path source = Path.of(entry);
      Path target = folder.resolve(n++ + "-" + source.getFileName());
      if (Files.isDirectory(source)) {
        try (Stream<Path> walk = Files.walk(source)) {
          for (Path path : walk.toList()) {
            Files.copy(path, target.resolve(source.relativize(path).toString()));
          }
        }
      } else if (Files.exists(source)) {
        Files.copy(source, target);
      }
      copy.append(copy.isEmpty() ? "" : ":").append(target);
    }
    return copy.toString();
  }
}
