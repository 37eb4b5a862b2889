package dev.jbuild.sandbox;

import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

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
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    List<Method> tests =
        Stream.of(type.getDeclaredMethods(), LauncherContract.class.getDeclaredMethods())
            .flatMap(Arrays::stream)
            .filter(m -> m.isAnnotationPresent(Test.class))
            .sorted(Comparator.comparing(Method::getName))
            .toList();
    for (Method test : tests) {
      out.println(run(type, test, Files.createDirectory(folder.resolve(test.getName()))));
    }
    System.exit(0);
  }

  private static String run(Class<?> type, Method test, Path folder) throws Exception {
    try {
      var constructor = type.getDeclaredConstructor();
      constructor.setAccessible(true);
      LauncherContract contract = (LauncherContract) constructor.newInstance();
      contract.dir = folder;
      contract.makeRig();
      test.setAccessible(true);
      test.invoke(contract);
      return "PASS " + test.getName();
    } catch (InvocationTargetException | RuntimeException e) {
      Throwable cause =
          e instanceof InvocationTargetException && e.getCause() != null ? e.getCause() : e;
      String message = String.valueOf(cause.getMessage()).replaceAll("\\s+", " ");
      return (cause instanceof org.opentest4j.TestAbortedException ? "SKIP " : "FAIL ")
          + test.getName()
          + " "
          + cause.getClass().getSimpleName()
          + ": "
          + message;
    }
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
