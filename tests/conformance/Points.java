import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Whether each point of BuildKit's exact semantics is held: by a case of its number, or by what
 * testdata/conformance/points names for it.
 */
final class Points {
  private static final int LAST = 85;

  private Points() {}

  /**
   * What is not held, or held by something that is not there.
   *
   * @param cases names of all cases
   */
  static List<String> problems(Path top, List<String> cases) throws IOException {
    List<String> problems = new ArrayList<>();
    Map<Integer, List<String>> rows = new TreeMap<>();
    for (String line : Files.readAllLines(top.resolve("testdata/conformance/points"))) {
      if (!line.isBlank() && !line.startsWith("#")) {
        List<String> words = List.of(line.split("\\s+"));
        rows.put(Integer.parseInt(words.getFirst()), words.subList(1, words.size()));
      }
    }
    for (int point = 1; point <= LAST; point++) {
      String prefix = "2-%02d-".formatted(point);
      boolean own = cases.stream().anyMatch(name -> name.startsWith(prefix));
      List<String> row = rows.getOrDefault(point, List.of());
      if (!own && row.isEmpty()) {
        problems.add("point " + point + " is held by nothing");
      }
    }
    rows.forEach((point, holders) -> {
      for (String holder : holders) {
        if (!isThere(top, holder, cases)) {
          problems.add("point " + point + ": there is no " + holder);
        }
      }
    });
    return problems;
  }

  /** A case, a file of the checkout, or {@code FILE#METHOD} of a test. */
  private static boolean isThere(Path top, String holder, List<String> cases) {
    if (cases.contains(holder)) {
      return true;
    }
    int hash = holder.indexOf('#');
    Path file = top.resolve(hash < 0 ? holder : holder.substring(0, hash));
    try {
      return Files.exists(file)
          && (hash < 0 || Files.readString(file).contains(" " + holder.substring(hash + 1) + "("));
    } catch (IOException e) {
      return false;
    }
  }
}
