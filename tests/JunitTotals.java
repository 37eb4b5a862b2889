import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Element;

/**
 * Sums the JUnit XML reports named as arguments: a line "totals TAB passed failed skipped", then a
 * line for each test that failed or was skipped. Run from source: java tests/JunitTotals.java FILE…
 */
final class JunitTotals {
  public static void main(String[] files) throws Exception {
    var xml = DocumentBuilderFactory.newInstance().newDocumentBuilder();
    int passed = 0;
    int failed = 0;
    int skipped = 0;
    List<String> notes = new ArrayList<>();
    for (String file : files) {
      var cases = xml.parse(Path.of(file).toFile()).getElementsByTagName("testcase");
      for (int i = 0; i < cases.getLength(); i++) {
        var test = (Element) cases.item(i);
        String owner = test.getAttribute("classname");
        String name = owner.substring(owner.lastIndexOf('.') + 1) + "." + test.getAttribute("name");
        Element bad = child(test, "failure") != null ? child(test, "failure") : child(test, "error");
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
