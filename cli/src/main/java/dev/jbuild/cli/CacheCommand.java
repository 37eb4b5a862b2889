package dev.jbuild.cli;

import dev.jbuild.cli.progress.Figures;
import dev.jbuild.engine.exec.CacheMountFiles;
import dev.jbuild.image.ResultFile;
import dev.jbuild.store.StoredItem;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine.Parameters;

/**
 * {@code jbuild cache ls|prune|export|import}: the directories behind {@code RUN
 * --mount=type=cache}.
 */
@picocli.CommandLine.Command
final class CacheCommand extends Command {
  private static final int BUFFER = 1 << 16;

  @Parameters(
      arity = "1..*",
      paramLabel = "ls | prune [ID…] | export ID [FILE] | import ID FILE",
      description = {
        "ls lists the caches; prune removes those named, or all that no step uses; export writes"
            + " one as a tar to FILE or standard output; import puts a tar, plain or compressed, in"
            + " its place (- for standard input)"
      })
  List<String> words = new ArrayList<>();

  @Override
  int run(Session session) throws IOException {
    String action = words.getFirst();
    List<String> rest = words.subList(1, words.size());
    switch (action) {
      case "ls" -> {
        require(rest.isEmpty(), "cache ls");
        list(session);
      }
      case "prune" -> prune(session, rest);
      case "export" -> {
        require(rest.size() == 1 || rest.size() == 2, "cache export ID [FILE]");
        export(session, rest.getFirst(), rest.size() == 2 ? rest.get(1) : "-");
      }
      case "import" -> {
        require(rest.size() == 2, "cache import ID FILE");
        replace(session, rest.get(0), rest.get(1));
      }
      default ->
          throw new UsageError(
              "cache \"" + action + "\" is not known", "there are ls, prune, export and import");
    }
    return Jbuild.OK;
  }

  private static void require(boolean right, String form) {
    if (!right) {
      throw new UsageError("that is not how it is used", "jbuild " + form);
    }
  }

  private static List<StoredItem> mounts(Session session) {
    return session.store().usage().items().stream()
        .filter(item -> item.kind() == StoredItem.Kind.CACHE_MOUNT)
        .toList();
  }

  private static String id(StoredItem item) {
    return item.name().replaceFirst(" \\([^()]*\\)$", "");
  }

  private static void list(Session session) {
    Table table = new Table("ID", "SIZE", "LAST USED", "HELD BY");
    Instant now = Instant.now();
    for (StoredItem item : mounts(session)) {
      table.row(
          item.name(),
          Figures.size(item.bytes()),
          Show.age(item.lastUsed(), now),
          item.isHeld() ? String.join(", ", item.heldBy()) : "-");
    }
    table.print(session.console().out());
  }

  private static void prune(Session session, List<String> named) throws IOException {
    CacheMountFiles files = new CacheMountFiles(session.store());
    List<StoredItem> mounts = mounts(session);
    // Of one id there may be several directories, some of them in use.
    Set<String> held =
        mounts.stream()
            .filter(StoredItem::isHeld)
            .map(CacheCommand::id)
            .collect(Collectors.toSet());
    List<String> ids =
        named.isEmpty()
            ? mounts.stream()
                .map(CacheCommand::id)
                .filter(id -> !held.contains(id))
                .distinct()
                .toList()
            : named;
    for (String id : ids) {
      files.remove(id);
      session.console().out().println(id);
    }
  }

  private static void export(Session session, String id, String to) throws IOException {
    CacheMountFiles files = new CacheMountFiles(session.store());
    ResultFile.Content archive =
        out -> {
          OutputStream buffered = new BufferedOutputStream(out, BUFFER);
          files.export(id, buffered);
          buffered.flush();
        };
    if (!to.equals("-")) {
      ResultFile.write(Path.of(to), archive);
      return;
    }
    if (session.console().outIsTerminal()) {
      throw new UsageError("an archive is not for a terminal", "name a file");
    }
    archive.writeTo(session.console().archive());
  }

  private static void replace(Session session, String id, String from) throws IOException {
    try (InputStream in =
        from.equals("-") ? session.console().in() : Files.newInputStream(Path.of(from))) {
      new CacheMountFiles(session.store()).replace(id, in);
    }
  }
}
