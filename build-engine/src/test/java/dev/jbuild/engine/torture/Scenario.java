package dev.jbuild.engine.torture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * A context and a Dockerfile that change at random, always the same way for the same seed.
 *
 * <p>Names and contents are few, so that edits often undo each other and files look alike: that is
 * where a cache goes wrong.
 */
final class Scenario {
  private static final List<String> DIRECTORIES = List.of("d1", "d2", "d1/d2", "d1/sub", "d3");
  private static final List<String> NAMES = List.of("a", "b", "d2", "x.log", "keep.log");
  private static final List<String> IGNORES =
      List.of("", "*.log", "**/*.log", "**/*.log\n!**/keep.log", "d1/sub", "d2", "d1/a\nd3");
  private static final List<String> MODES = List.of("644", "600", "755", "444");

  static final String RUN = "RUN ls -lRn /d | cat > /tmp/list; env > /tmp/env";

  private final Path context;
  private final Path before;
  private final Random random;
  private final boolean run;
  private final Map<String, String> buildArgs = new TreeMap<>();
  private String ignore = "";
  private String used = "1";
  private String unused = "1";
  private String chmod = "640";
  private boolean environmentSwapped;
  private boolean shell;
  private String user = "";

  Scenario(Path context, long seed, boolean run) throws IOException {
    this.context = context;
    this.before = context.resolveSibling("before");
    this.random = new Random(seed);
    this.run = run;
    Files.createDirectories(context.resolve("d1/sub"));
    Files.createDirectories(context.resolve("d2"));
    for (String file : List.of("keep", "d1/a", "d1/sub/b", "d2/a")) {
      Files.writeString(context.resolve(file), file.substring(file.length() - 1));
    }
  }

  Path context() {
    return context;
  }

  Map<String, String> buildArgs() {
    return buildArgs;
  }

  String ignore() {
    return ignore;
  }

  /** What ARG USED comes to. */
  String used() {
    return buildArgs.getOrDefault("USED", used);
  }

  String user() {
    return user;
  }

  String chmod() {
    return chmod;
  }

  boolean runs() {
    return run;
  }

  /** The ENV instructions, which the RUN after them sees. */
  List<String> environment() {
    return environmentSwapped ? List.of("ENV B=2", "ENV A=1") : List.of("ENV A=1", "ENV B=2");
  }

  String shellInstruction() {
    return shell ? "SHELL [\"/bin/sh\", \"-ec\"]" : "SHELL [\"/bin/sh\", \"-c\"]";
  }

  String dockerfile() {
    List<String> lines = new ArrayList<>();
    lines.add("ARG UNUSED_TOO=" + unused);
    lines.add("FROM scratch AS one");
    lines.add("ARG USED=" + used);
    lines.add("ARG UNUSED=" + unused);
    lines.add("WORKDIR /w/$USED");
    lines.add("COPY keep d* /d/");
    lines.add("COPY --chmod=" + chmod + " keep d*/a /picked/");
    lines.add("COPY --parents d*/sub keep /parents/");
    lines.add("COPY <<END /text");
    lines.add("$USED");
    lines.add("END");
    if (run) {
      lines.add("FROM busybox AS ran");
      lines.addAll(environment());
      lines.add(shellInstruction());
      lines.add("ARG USED=" + used);
      lines.add("COPY --from=one /d /d");
      if (!user.isEmpty()) {
        lines.add("USER " + user);
      }
      lines.add(RUN);
    }
    lines.add("FROM scratch");
    lines.add("COPY . /all/");
    lines.add("COPY --from=one / /one/");
    lines.add("COPY --link keep /linked/");
    if (run) {
      lines.add("COPY --from=ran /tmp /ran");
    }
    return String.join("\n", lines) + "\n";
  }

  /** Changes one thing, and says what. */
  String edit() throws IOException {
    copyTree(context, before);
    while (true) {
      String done;
      try {
        done = attempt();
      } catch (FileSystemException e) {
        // A name that is taken, or a directory where a file was wanted: another edit then.
        continue;
      }
      if (!done.isEmpty()) {
        return done;
      }
    }
  }

  /** Takes the last edit back, for a context that cannot be built. The files are new ones. */
  void undo() throws IOException {
    copyTree(before, context);
    Path file = context.resolve(".dockerignore");
    ignore = Files.exists(file) ? Files.readString(file).strip() : "";
  }

  private static void copyTree(Path from, Path to) throws IOException {
    if (Files.exists(to)) {
      try (Stream<Path> all = Files.walk(to)) {
        for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
    try {
      Process copy =
          new ProcessBuilder("cp", "-a", from.toString(), to.toString()).inheritIO().start();
      if (copy.waitFor() != 0) {
        throw new IOException("cp -a " + from + " " + to);
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  private String attempt() throws IOException {
    return switch (random.nextInt(24)) {
      case 0, 1 -> write(any(false));
      case 2, 3 -> writeUnseen(any(false));
      case 4 -> mode(any(false));
      case 5, 6 -> rename(any(false));
      case 7, 8 -> swap(any(false), any(false));
      case 9 -> otherKind(any(false));
      case 10, 11 -> link();
      case 12 -> remove(any(false));
      case 13 -> copy(any(false));
      case 14 -> touch(any(false));
      case 15 -> mode(any(true));
      case 16 -> create();
      case 17 -> hardLink(any(false));
      case 18 -> attribute(any(false));
      case 19 -> ignored();
      case 20 -> argument();
      case 21 -> instruction();
      case 22 -> replace(any(false));
      default -> rename(any(true));
    };
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private Path free() {
    String directory = pick(DIRECTORIES);
    return context.resolve(directory).resolve(pick(NAMES));
  }

  /** A file or a directory there is, but none that the Dockerfile needs by its name. */
  private Path any(boolean directory) throws IOException {
    try (Stream<Path> all = Files.walk(context)) {
      List<Path> found =
          all.filter(path -> !path.equals(context))
              .filter(path -> !path.getParent().equals(context) || directory)
              .filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) == directory)
              .sorted()
              .toList();
      if (found.isEmpty()) {
        throw new FileSystemException("nothing to choose from");
      }
      return found.get(random.nextInt(found.size()));
    }
  }

  private String name(Path path) {
    return context.relativize(path).toString();
  }

  /** One byte, so that the size never tells. */
  private String content() {
    return String.valueOf((char) ('p' + random.nextInt(3)));
  }

  private String write(Path file) throws IOException {
    if (Files.isSymbolicLink(file)) {
      return "";
    }
    Files.writeString(file, content());
    return "write " + name(file);
  }

  /** The time of change in the inode is all that tells. */
  private String writeUnseen(Path file) throws IOException {
    if (Files.isSymbolicLink(file)) {
      return "";
    }
    FileTime before = Files.getLastModifiedTime(file);
    Files.writeString(file, content());
    Files.setLastModifiedTime(file, before);
    return "write " + name(file) + " and restore its time";
  }

  private String mode(Path file) throws IOException {
    if (Files.isSymbolicLink(file)) {
      return "";
    }
    String mode = Files.isDirectory(file) ? (random.nextBoolean() ? "755" : "711") : pick(MODES);
    Files.setPosixFilePermissions(file, permissions(mode));
    return "chmod " + mode + " " + name(file);
  }

  private static java.util.Set<java.nio.file.attribute.PosixFilePermission> permissions(
      String octal) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < octal.length(); i++) {
      int bits = octal.charAt(i) - '0';
      text.append((bits & 4) != 0 ? 'r' : '-');
      text.append((bits & 2) != 0 ? 'w' : '-');
      text.append((bits & 1) != 0 ? 'x' : '-');
    }
    return PosixFilePermissions.fromString(text.toString());
  }

  private String rename(Path file) throws IOException {
    Path to =
        Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)
            ? context.resolve(pick(DIRECTORIES))
            : free();
    if (Files.exists(to, LinkOption.NOFOLLOW_LINKS) || to.startsWith(file)) {
      return "";
    }
    Files.move(file, to);
    return "rename " + name(file) + " to " + name(to);
  }

  private String swap(Path one, Path two) throws IOException {
    if (one.equals(two)) {
      return "";
    }
    Path aside = context.resolve("aside");
    Files.move(one, aside);
    Files.move(two, one);
    Files.move(aside, two);
    return "swap " + name(one) + " and " + name(two);
  }

  private String otherKind(Path file) throws IOException {
    Files.delete(file);
    Files.createDirectory(file);
    if (random.nextBoolean()) {
      Files.writeString(file.resolve("a"), content());
    }
    return "make " + name(file) + " a directory";
  }

  private String link() throws IOException {
    Path link = random.nextBoolean() ? any(false) : free();
    String target = pick(List.of("a", "b", "none", "sub"));
    Files.deleteIfExists(link);
    Files.createSymbolicLink(link, Path.of(target));
    return "link " + name(link) + " to " + target;
  }

  private String remove(Path file) throws IOException {
    Files.delete(file);
    return "remove " + name(file);
  }

  private String copy(Path file) throws IOException {
    Path to = free();
    Files.copy(file, to, LinkOption.NOFOLLOW_LINKS, StandardCopyOption.COPY_ATTRIBUTES);
    return "copy " + name(file) + " to " + name(to);
  }

  /** Another inode with the content, the time and the name of another file. */
  private String replace(Path file) throws IOException {
    Path from = any(false);
    if (from.equals(file)) {
      return "";
    }
    Path aside = context.resolve("aside");
    Files.copy(from, aside, LinkOption.NOFOLLOW_LINKS, StandardCopyOption.COPY_ATTRIBUTES);
    Files.move(aside, file, StandardCopyOption.ATOMIC_MOVE);
    return "replace " + name(file) + " by a copy of " + name(from);
  }

  private String touch(Path file) throws IOException {
    if (Files.isSymbolicLink(file)) {
      return "";
    }
    long time = 1_000_000_000L + random.nextInt(1_000_000_000);
    Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(time)));
    return "touch " + name(file);
  }

  private String create() throws IOException {
    if (random.nextBoolean()) {
      Path directory = context.resolve(pick(DIRECTORIES));
      Files.createDirectory(directory);
      return "create directory " + name(directory);
    }
    Path file = free();
    Files.copy(context.resolve("keep"), file);
    Files.writeString(file, content());
    return "create " + name(file);
  }

  private String hardLink(Path file) throws IOException {
    Path to = free();
    if (Files.isSymbolicLink(file)) {
      return "";
    }
    Files.createLink(to, file);
    return "hard link " + name(to) + " to " + name(file);
  }

  private String attribute(Path file) throws IOException {
    UserDefinedFileAttributeView view =
        Files.getFileAttributeView(file, UserDefinedFileAttributeView.class);
    if (view == null || Files.isSymbolicLink(file)) {
      return "";
    }
    view.write("torture", ByteBuffer.wrap(content().getBytes(StandardCharsets.UTF_8)));
    return "set an attribute of " + name(file);
  }

  private String ignored() throws IOException {
    ignore = pick(IGNORES);
    Files.writeString(context.resolve(".dockerignore"), ignore + "\n");
    return ".dockerignore: " + ignore.replace('\n', ' ');
  }

  private String argument() {
    String value = String.valueOf(1 + random.nextInt(2));
    String name = pick(List.of("USED", "UNUSED", "UNUSED_TOO", "UNKNOWN"));
    if (random.nextBoolean()) {
      if (buildArgs.remove(name) == null) {
        buildArgs.put(name, value);
      }
      return "--build-arg " + name + " is " + buildArgs.get(name);
    }
    if (name.equals("USED")) {
      used = value;
    } else {
      unused = value;
    }
    return "default of ARG " + name + " is " + value;
  }

  private String instruction() {
    switch (random.nextInt(4)) {
      case 0 -> chmod = pick(List.of("640", "600", "u=rw,g=r,o="));
      case 1 -> environmentSwapped ^= true;
      case 2 -> shell ^= true;
      default -> user = pick(List.of("", "root", "app", "0"));
    }
    return "another line of the Dockerfile";
  }

  /** All paths of the context, parents first. */
  List<Path> files() throws IOException {
    try (Stream<Path> all = Files.walk(context)) {
      return all.sorted(Comparator.naturalOrder()).toList();
    }
  }
}
