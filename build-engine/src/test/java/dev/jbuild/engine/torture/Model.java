package dev.jbuild.engine.torture;

import dev.jbuild.engine.Bench;
import dev.jbuild.layer.Attributes;
import dev.jbuild.layer.FileTree;
import dev.jbuild.layer.TreeEntry;
import dev.jbuild.linux.BytePath;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Which steps of a {@link Scenario} must run, worked out with none of the engine's own means.
 *
 * <p>A step is what it says, the layers it stands on, and the files it takes; it runs when there
 * was no such step in any build before. Files of the context are read anew each time. What a step
 * made is taken from the image of the build without a cache, so layers of equal content are equal
 * however they came to be.
 */
final class Model {
  private final Scenario scenario;
  private final Set<String> seen = new HashSet<>();

  /** For the files of one step, the first name of each. */
  private final Map<Object, String> firstNames = new HashMap<>();

  private record Known(String instruction, String identity) {}

  Model(Scenario scenario) {
    this.scenario = scenario;
  }

  /**
   * The instructions that must run; they count as built from here on.
   *
   * @param fresh has just built the same without a cache
   */
  List<String> misses(Bench fresh) throws IOException {
    try (FileTree image = fresh.store().layers().view(fresh.image().config().diffIds())) {
      return steps(image).stream()
          .filter(step -> seen.add(step.identity()))
          .map(Known::instruction)
          .toList();
    }
  }

  private List<Known> steps(FileTree image) throws IOException {
    List<Known> steps = new ArrayList<>();
    List<String> one = new ArrayList<>();
    String used = scenario.used();
    step(steps, one, "WORKDIR /w/$USED", used, used);
    step(
        steps,
        one,
        "COPY keep d* /d/",
        source("keep") + each(path -> path.matches("d[^/]*")),
        made(image, "one/d"));
    step(
        steps,
        one,
        "COPY --chmod=" + scenario.chmod() + " keep d*/a /picked/",
        source("keep") + each(path -> path.matches("d[^/]*/a")),
        made(image, "one/picked"));
    step(
        steps,
        one,
        "COPY --parents d*/sub keep /parents/",
        listing("", path -> path.matches("d[^/]*/sub(/.*)?")) + source("keep"),
        made(image, "one/parents"));
    step(steps, one, "COPY <<END /text", used, used);
    List<String> last = new ArrayList<>();
    step(steps, last, "COPY . /all/", listing("", path -> true), made(image, "all"));
    step(steps, last, "COPY --from=one / /one/", made(image, "one"), made(image, "one"));
    steps.add(new Known("COPY --link keep /linked/", "linked " + source("keep")));
    last.add(made(image, "linked"));
    if (scenario.runs()) {
      List<String> ran = new ArrayList<>();
      step(steps, ran, "COPY --from=one /d /d", made(image, "one/d"), made(image, "one/d"));
      String environment =
          scenario.environment() + scenario.shellInstruction() + used + scenario.user();
      step(steps, ran, Scenario.RUN, environment, "");
      step(steps, last, "COPY --from=ran /tmp /ran", made(image, "ran"), "");
    }
    return steps;
  }

  /** Adds a step on a stack of layers, and its layer to the stack. */
  private void step(
      List<Known> steps, List<String> stack, String instruction, String inputs, String layer) {
    steps.add(new Known(instruction, instruction + "\n" + stack + "\n" + inputs));
    stack.add(instruction.split(" ")[0] + "\n" + layer);
    firstNames.clear();
  }

  /** What the build without a cache has at a path. */
  private static String made(FileTree image, String path) throws IOException {
    StringBuilder text = new StringBuilder();
    made(image, BytePath.of(path), new HashMap<>(), text);
    return text.toString();
  }

  private static void made(
      FileTree image, BytePath path, Map<Object, BytePath> names, StringBuilder text)
      throws IOException {
    TreeEntry entry = image.find(path).orElseThrow();
    Attributes attributes = entry.attributes();
    text.append(path)
        .append(' ')
        .append(entry.type())
        .append(' ')
        .append(attributes.mode())
        .append(' ')
        .append(attributes.uid())
        .append(attributes.xattrs())
        .append(' ');
    if (entry instanceof TreeEntry.RegularFile file) {
      try (InputStream in = file.content().open()) {
        text.append(new String(in.readAllBytes(), StandardCharsets.UTF_8));
      }
      file.content().link().map(key -> names.putIfAbsent(key, path)).ifPresent(text::append);
    } else if (entry instanceof TreeEntry.Symlink link) {
      text.append(link.target());
    }
    text.append('\n');
    if (entry.isDirectory()) {
      for (TreeEntry child : image.list(path)) {
        made(image, child.path(), names, text);
      }
    }
  }

  /** Every path that a wildcard matches, each with all below it. */
  private String each(Predicate<String> matches) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path path : scenario.files()) {
      String name = scenario.context().relativize(path).toString();
      if (matches.test(name) && included().contains(name)) {
        text.append(source(name));
      }
    }
    return text.toString();
  }

  /** A source with all below it. */
  private String source(String name) throws IOException {
    String last = name.substring(name.lastIndexOf('/') + 1);
    return "source " + last + "\n" + listing(name, path -> true);
  }

  /** What the .dockerignore leaves of the files below a path that are wanted. */
  private String listing(String root, Predicate<String> wanted) throws IOException {
    Set<String> included = included();
    Set<String> taken = new TreeSet<>();
    for (String name : included) {
      boolean below = root.isEmpty() || name.equals(root) || name.startsWith(root + "/");
      if (below && wanted.test(name)) {
        for (String path = name; !path.equals(root); path = parent(path)) {
          taken.add(path);
        }
        taken.add(root);
      }
    }
    StringBuilder text = new StringBuilder();
    for (String name : taken) {
      text.append(name.substring(root.length()))
          .append(' ')
          .append(describe(name, root))
          .append('\n');
    }
    return text.toString();
  }

  private static String parent(String path) {
    int slash = path.lastIndexOf('/');
    return slash < 0 ? "" : path.substring(0, slash);
  }

  private String describe(String name, String root) throws IOException {
    Path file = scenario.context().resolve(name);
    if (Files.isSymbolicLink(file)) {
      return "-> " + Files.readSymbolicLink(file);
    }
    PosixFileAttributes attributes =
        Files.readAttributes(file, PosixFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    StringBuilder text = new StringBuilder(attributes.permissions().toString());
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    if (view != null) {
      for (String attribute : view.list()) {
        ByteBuffer value = ByteBuffer.allocate(view.size(attribute));
        view.read(attribute, value);
        text.append(attribute).append(new String(value.array(), StandardCharsets.UTF_8));
      }
    }
    if (attributes.isDirectory()) {
      return text + " dir";
    }
    String first =
        firstNames.putIfAbsent(
            Objects.requireNonNull(attributes.fileKey()), name.substring(root.length()));
    return text + " " + Files.readString(file) + (first == null ? "" : " is " + first);
  }

  /** Names of what the .dockerignore leaves, and of the directories on the way to it. */
  private Set<String> included() throws IOException {
    Set<String> names = new TreeSet<>();
    for (Path path : scenario.files()) {
      String name = scenario.context().relativize(path).toString();
      if (!name.isEmpty() && !excluded(name)) {
        for (String each = name; !each.isEmpty(); each = parent(each)) {
          names.add(each);
        }
      }
    }
    return names;
  }

  /** The last pattern that matches the path or a directory it is in. */
  private boolean excluded(String name) {
    boolean excluded = false;
    for (String line : scenario.ignore().lines().toList()) {
      boolean negated = line.startsWith("!");
      String pattern =
          (negated ? line.substring(1) : line)
              .replace(".", "\\.")
              .replace("**/", "(.+/)?")
              .replaceAll("(?<!\\.)\\*", "[^/]*")
              .replace("(.+/)?", "(?:.+/)?");
      for (String path = name; !path.isEmpty(); path = parent(path)) {
        if (path.matches(pattern)) {
          excluded = !negated;
        }
      }
    }
    return excluded;
  }
}
