import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * Sums the JUnit XML reports named as arguments: a line "totals TAB passed failed skipped", then a
 * line for each test that failed or was skipped, and for each count that a test printed as "tally:
 * TEXT". Run from source: java tests/JunitTotals.java FILE…
 */
final class JunitTotals {
  public static void main(String[] files) throws Exception {
    var xml = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    int passed = 0;
    int failed = 0;
    int skipped = 0;
    List<String> notes = new ArrayList<>();
    for (String file : files) {
      notes.addAll(tallies(Path.of(file)));
      var cases = xml.parse(Path.of(file).toFile()).getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        var test = (Element) cases.item(i);
        String owner = test.getAttribute("classname");
        String name = owner.substring(owner.lastIndexOf('.') + 1) + "." + test.getAttribute("name");
        Element bad =
            child(test, "failure") != null ? child(test, "failure") : child(test, "error");
        Element skip = child(test, "skipped");
        if (bad != null) {
          failed++;
          notes.add("failed\t" + name + ": " + firstLine(bad));
        } else if (skip != null) {
          skipped++;
          notes.add("skipped\t" + name + ": " + firstLine(skip));
        } else {
          passed++;
        }
      }
    }
    System.out.println("totals\t" + passed + " " + failed + " " + skipped);
    notes.forEach(System.out::println);
  }

  /** What the tests of a report counted; their output is in a file beside it. */
  private static List<String> tallies(Path report) throws IOException {
    String name = report.getFileName().toString();
    Path output =
        report.resolveSibling(
            name.substring("TEST-".length(), name.length() - ".xml".length()) + "-output.txt");
    if (!Files.exists(output)) {
      return List.of();
    }
    try (var lines = Files.lines(output, ISO_8859_1)) {
      return lines
          .filter(line -> line.startsWith("tally: "))
          .map(line -> "tally\t" + line.substring("tally: ".length()))
          .toList();
    }
  }

  private static Element child(Element parent, String name) {
    var found = parent.getElementsByTagName(name);
    return found.getLength() == 0 ? null : (Element) found.item(0);
  }

  private static String firstLine(Element element) {
    String text = element.getAttribute("message");
    if (text.isBlank()) {
      text = element.getTextContent();
    }
    text = text.strip().lines().findFirst().orElse("no reason given");
    return text.length() > 200 ? text.substring(0, 200) + "…" : text;
  }
}
