package dev.jbuild.dockerfile.lint;

import dev.jbuild.dockerfile.ast.AddInstruction;
import dev.jbuild.dockerfile.ast.ArgInstruction;
import dev.jbuild.dockerfile.ast.CopyInstruction;
import dev.jbuild.dockerfile.ast.CopySource;
import dev.jbuild.dockerfile.ast.EnvInstruction;
import dev.jbuild.dockerfile.ast.ExecForm;
import dev.jbuild.dockerfile.ast.Instruction;
import dev.jbuild.dockerfile.ast.MountFlag;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.RunBody;
import dev.jbuild.dockerfile.ast.RunInstruction;
import dev.jbuild.dockerfile.ast.Stage;
import dev.jbuild.dockerfile.ast.Word;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Rules of jbuild, off unless asked for. RUN is read as a shell would split it into words, roughly:
 * these rules may miss something, and should not cry wolf.
 */
final class ExtendedRules {
  private static final Pattern ARCHIVE =
      Pattern.compile("(?i).*\\.(tar|tgz|tbz2?|txz|tzst|tar\\.\\w+|gz|bz2|xz|zst|zip)");

  /**
   * A package manager.
   *
   * @param install matches a command that fills its cache
   * @param clean matches what empties the cache, or keeps it empty
   * @param cache where the cache is
   */
  private record Manager(
      String name, Pattern install, Pattern clean, String cache, String advice) {}

  private static final List<Manager> MANAGERS =
      List.of(
          new Manager(
              "apt",
              Pattern.compile("\\b(?:apt-get|apt|aptitude)\\b[^&|;\\n]*?\\b(?:update|install)\\b"),
              Pattern.compile("rm\\s+-\\S*[rR]\\S*\\s[^&|;\\n]*/var/lib/apt/lists"),
              "/var/lib/apt",
              "end the RUN with rm -rf /var/lib/apt/lists/*, or mount a cache there"),
          new Manager(
              "apk",
              Pattern.compile("\\bapk\\b[^&|;\\n]*?\\badd\\b(?![^&|;\\n]*--no-cache)"),
              Pattern.compile("apk\\s+--no-cache|rm\\s+-\\S*[rR]\\S*\\s[^&|;\\n]*/var/cache/apk"),
              "/var/cache/apk",
              "write apk add --no-cache"),
          new Manager(
              "dnf",
              Pattern.compile("\\b(?:dnf|yum|microdnf|tdnf)\\b[^&|;\\n]*?\\binstall\\b"),
              Pattern.compile(
                  "(?:dnf|yum|microdnf|tdnf)\\b[^&|;\\n]*\\bclean\\s+all"
                      + "|rm\\s+-\\S*[rR]\\S*\\s[^&|;\\n]*/var/cache/(?:dnf|yum)"),
              "/var/cache",
              "end the RUN with dnf clean all, or mount a cache at /var/cache"),
          new Manager(
              "pip",
              Pattern.compile("\\bpip3?\\b[^&|;\\n]*?\\binstall\\b(?![^&|;\\n]*--no-cache-dir)"),
              Pattern.compile(
                  "pip3?\\s+--no-cache-dir|PIP_NO_CACHE_DIR=|pip3?\\s+cache\\s+purge"
                      + "|rm\\s+-\\S*[rR]\\S*\\s[^&|;\\n]*\\.cache"),
              "/root/.cache",
              "write pip install --no-cache-dir, or mount a cache at /root/.cache"));

  private static final Pattern UPGRADE =
      Pattern.compile(
          "\\b(?:apt-get|apt)\\b[^&|;\\n]*?\\b(?:dist-|full-)?upgrade\\b"
              + "|\\b(?:dnf|yum|microdnf)\\b[^&|;\\n]*?\\b(?:update|upgrade)\\b"
              + "|\\bapk\\b[^&|;\\n]*?\\bupgrade\\b");

  private final Findings findings;

  private ExtendedRules(Findings findings) {
    this.findings = findings;
  }

  static void check(List<Stage> stages, Findings findings) {
    ExtendedRules rules = new ExtendedRules(findings);
    Set<String> names = new HashSet<>();
    for (Stage stage : stages) {
      rules.image(stage, names);
      rules.stage(stage);
      stage.name().ifPresent(names::add);
    }
  }

  private void image(Stage stage, Set<String> stages) {
    Word word = stage.from().image();
    String image = word.text();
    if (image.equals("scratch") || image.indexOf('$') >= 0 || stages.contains(image)) {
      return;
    }
    boolean digest = image.indexOf('@') >= 0;
    int colon = image.indexOf(':', image.lastIndexOf('/') + 1);
    boolean latest = colon < 0 || image.substring(colon + 1).equals("latest");
    if (!digest && latest) {
      findings.add(
          Rule.UNPINNED_VERSION,
          word.span(),
          "image " + Quoted.of(image) + (colon < 0 ? " has no tag" : " is whatever is latest"),
          "name a version, or a digest");
    }
  }

  private void stage(Stage stage) {
    Set<String> secrets = new HashSet<>();
    Map<String, CopyInstruction> copies = new HashMap<>();
    boolean noPipCache = false;
    for (Instruction instruction : stage.instructions()) {
      if (instruction instanceof ArgInstruction arg) {
        arg.declarations().stream()
            .map(declaration -> declaration.name().text())
            .filter(VariableRules::isSecret)
            .forEach(secrets::add);
      } else if (instruction instanceof EnvInstruction env) {
        noPipCache |=
            env.pairs().stream().anyMatch(pair -> pair.key().text().equals("PIP_NO_CACHE_DIR"));
      } else if (instruction instanceof RunInstruction run) {
        copies.clear();
        run(run, secrets, noPipCache);
      } else if (instruction instanceof AddInstruction add) {
        add(add);
      } else if (instruction instanceof CopyInstruction copy) {
        overwritten(copy, copies);
      }
    }
  }

  private static String text(RunInstruction run) {
    return switch (run.body()) {
      case RunBody.Exec exec -> String.join(" ", exec.arguments());
      case RunBody.ShellText shell -> shell.text();
      case RunBody.Script script -> script.content();
    };
  }

  private void run(RunInstruction run, Set<String> secrets, boolean noPipCache) {
    String text = text(run);
    for (Manager manager : MANAGERS) {
      boolean kept =
          manager.install().matcher(text).find()
              && !manager.clean().matcher(text).find()
              && !hasCache(run, manager.cache())
              && !(noPipCache && manager.name().equals("pip"));
      if (kept) {
        findings.add(
            Rule.PACKAGE_CACHE_IN_LAYER,
            run.command().span(),
            "RUN leaves the package cache of " + manager.name() + " in its layer",
            manager.advice());
      }
    }
    Matcher upgrade = UPGRADE.matcher(text);
    if (upgrade.find()) {
      findings.add(
          Rule.UNPINNED_VERSION,
          run.command().span(),
          Quoted.of(upgrade.group()) + " installs whatever is newest on that day",
          "use a newer base image instead, or install named versions");
    }
    if (run.command() instanceof ExecForm) {
      return;
    }
    for (String secret : secrets) {
      if (Pattern.compile("\\$\\{?" + Pattern.quote(secret) + "\\b").matcher(text).find()) {
        findings.add(
            Rule.SECRET_PASSED_BY_ARG,
            run.command().span(),
            "RUN takes the secret " + Quoted.of(secret) + " from ARG, which image history shows",
            "write RUN --mount=type=secret,id="
                + secret.toLowerCase(Locale.ROOT)
                + ",env="
                + secret);
      }
    }
  }

  private static boolean hasCache(RunInstruction run, String directory) {
    for (MountFlag mount : run.mounts()) {
      boolean keepsOut =
          mount.options().stream()
              .anyMatch(option -> is(option, "type", "cache") || is(option, "type", "tmpfs"));
      boolean there =
          mount.options().stream()
              .filter(option -> Set.of("target", "dst", "destination").contains(option.key()))
              .map(MountFlag.Option::value)
              .anyMatch(value -> value != null && covers(value.text(), directory));
      if (keepsOut && there) {
        return true;
      }
    }
    return false;
  }

  private static boolean covers(String target, String directory) {
    return (target + "/").startsWith(directory + "/") || (directory + "/").startsWith(target + "/");
  }

  private static boolean is(MountFlag.Option option, String key, String value) {
    Word given = option.value();
    return option.key().equals(key) && given != null && given.text().equalsIgnoreCase(value);
  }

  private void add(AddInstruction add) {
    boolean plain =
        add.checksum() == null
            && add.keepGitDir() == null
            && add.unpack() == null
            && add.sources().stream().allMatch(ExtendedRules::isPlainFile);
    if (plain) {
      findings.add(
          Rule.ADD_INSTEAD_OF_COPY,
          add.line().keyword().span(),
          "ADD neither unpacks nor downloads anything here",
          "write COPY, which does just this");
    }
  }

  private static boolean isPlainFile(CopySource source) {
    return switch (source) {
      case CopySource.Inline inline -> true;
      case CopySource.Path given -> {
        String text = given.path().text();
        yield !text.contains("://")
            && !text.startsWith("git@")
            && text.indexOf('$') < 0
            && text.indexOf('*') < 0
            && !ARCHIVE.matcher(text).matches();
      }
    };
  }

  /** Only whole files with a name of their own are compared: their destination is one path. */
  private void overwritten(CopyInstruction copy, Map<String, CopyInstruction> before) {
    String path = file(copy);
    if (path == null) {
      return;
    }
    CopyInstruction first = before.put(path, copy);
    if (first != null) {
      findings.add(
          Rule.OVERWRITTEN_COPY,
          first.span(),
          Quoted.of(path)
              + " is overwritten on line "
              + copy.span().startLine()
              + " before anything uses it",
          "remove one of the two");
    }
  }

  private static @Nullable String file(CopyInstruction copy) {
    String destination = copy.destination().text();
    boolean onePath =
        copy.sources().size() == 1
            && !copy.parents()
            && !destination.endsWith("/")
            && !destination.endsWith(".")
            && destination.indexOf('$') < 0;
    if (!onePath) {
      return null;
    }
    return switch (copy.sources().getFirst()) {
      case CopySource.Inline inline -> destination;
      case CopySource.Path given -> {
        String source = given.path().text();
        String name = source.substring(source.lastIndexOf('/') + 1);
        // A source without an extension may well be a directory, whose content is merged.
        yield name.indexOf('.') > 0 && name.indexOf('*') < 0 ? destination : null;
      }
    };
  }
}
