package dev.jbuild.engine.source;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.failure.BuildFailure.Kind;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A git repository as people write it: {@code REMOTE[?QUERY][#REF[:SUBDIR]]} (semantics 72).
 *
 * <p>What is in here goes to git as arguments, so nothing in it can be taken for an option, a
 * pattern or a transport helper: remotes have one of five schemes, and refs are names as {@code
 * git-check-ref-format} has them.
 *
 * @param remote as git takes it, without password, query and fragment
 * @param scheme http, https, ssh, git or file
 * @param host with its port if one is written; empty for file
 * @param ref a branch, tag, other ref or whole commit; empty for what HEAD names
 * @param subdir the part of the tree that is meant, slash-separated; empty for all of it
 * @param checksum what the commit's name begins with; empty for any
 * @param keepGitDir whether {@code .git} is part of the tree
 * @param submodules whether submodules are fetched
 * @param commitTime whether files get the commit's time and not that of the checkout
 * @param byCommit whether the checksum, and not the ref, says what to fetch
 */
public record GitReference(
    String remote,
    String scheme,
    String host,
    String ref,
    String subdir,
    String checksum,
    boolean keepGitDir,
    boolean submodules,
    boolean commitTime,
    boolean byCommit) {
  private static final List<String> PARAMETERS =
      List.of(
          "ref",
          "branch",
          "tag",
          "subdir",
          "checksum",
          "commit",
          "keep-git-dir",
          "submodules",
          "mtime",
          "fetch-by-commit");

  private static final Pattern URL = Pattern.compile("(https?|ssh|git|file)://.*");
  private static final Pattern SCP =
      Pattern.compile("([A-Za-z0-9_][A-Za-z0-9_.-]*)@([A-Za-z0-9][A-Za-z0-9.-]*):([^-].*)");

  /** What {@code git-check-ref-format} forbids, and a dash that would begin an option. */
  private static final Pattern BAD_REF =
      Pattern.compile(
          "[\\x00-\\x20\\x7f~^:?*\\[\\\\]|\\.\\.|@\\{|//|^[-/]|/$|\\.$|(?:^|/)\\.|\\.lock(?:/|$)|^@$");

  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
  private static final Pattern CHECKSUM = Pattern.compile("[0-9a-f]{7,64}");

  /** Where a reference is written, which decides what counts as one. */
  public enum Place {
    /** In a Dockerfile: nothing that may be a file's name, nothing of the builder's own disk. */
    ADD,
    /** On the command line. */
    CONTEXT
  }

  /**
   * Reads a reference.
   *
   * @return empty if the text names something else, such as a file or a download
   * @throws BuildFailure if it names a repository and is malformed; no message has the text
   */
  public static Optional<GitReference> parse(String text, Place place) {
    String[] fragment = cut(text, '#');
    String[] query = cut(fragment[0], '?');
    String remote = query[0];
    if (place == Place.CONTEXT && remote.startsWith("github.com/")) {
      remote = "https://" + remote;
    } else if (remote.matches("https?://.*") && !remote.endsWith(".git")) {
      return Optional.empty();
    }
    Matcher scp = SCP.matcher(remote);
    Matcher url = URL.matcher(remote);
    if (!scp.matches() && !url.matches()) {
      return Optional.empty();
    }
    if (remote.startsWith("file:") && place == Place.ADD) {
      throw new BuildFailure(
          Kind.USER,
          "a Dockerfile cannot name a repository on the builder's own disk",
          "give it with --build-context NAME=file://… and COPY --from=NAME",
          null);
    }
    if (remote.chars().anyMatch(c -> c <= ' ' || c == 0x7f)) {
      throw malformed("the repository's URL has blanks or control characters");
    }
    Map<String, String> parameters = parameters(query[1]);
    String[] point = cut(url.matches() ? decode(fragment[1]) : fragment[1], ':');
    String host = url.matches() ? authority(remote) : scp.group(2);
    String scheme = url.matches() ? url.group(1) : "ssh";
    String checksum = one(parameters, "", "checksum", "commit");
    boolean byCommit = flag(parameters, "fetch-by-commit", false);
    if (byCommit && !COMMIT.matcher(checksum).matches()) {
      throw malformed("\"fetch-by-commit\" needs a whole commit as \"checksum\"");
    }
    return Optional.of(
        new GitReference(
            remote,
            scheme,
            host,
            requireRef(ref(parameters, point[0])),
            one(parameters, point[1], "subdir"),
            requireChecksum(checksum),
            flag(parameters, "keep-git-dir", false),
            flag(parameters, "submodules", true),
            commitTime(parameters),
            byCommit));
  }

  /** What comes before a character and what after it; empty if it is not there. */
  private static String[] cut(String text, char at) {
    int index = text.indexOf(at);
    return index < 0
        ? new String[] {text, ""}
        : new String[] {text.substring(0, index), text.substring(index + 1)};
  }

  private static String authority(String remote) {
    URI uri;
    try {
      uri = URI.create(remote);
    } catch (IllegalArgumentException e) {
      // Without a cause: its message has the URL, and that may have a password.
      throw malformed("the repository's URL is malformed");
    }
    if ("file".equals(uri.getScheme())) {
      if (uri.getRawAuthority() != null) {
        throw malformed("a file URL of a repository begins with \"file:///\"");
      }
      return "";
    }
    String host = uri.getHost();
    if (host == null || host.startsWith("-")) {
      throw malformed("the repository's URL has no proper host");
    }
    String user = uri.getRawUserInfo();
    boolean name = user != null && "ssh".equals(uri.getScheme()) && !user.contains(":");
    if (user != null && (!name || user.startsWith("-"))) {
      throw new BuildFailure(
          Kind.USER,
          "a URL with a password in it ends in the image's history",
          "use --secret id=GIT_AUTH_TOKEN." + host,
          null);
    }
    return uri.getPort() < 0 ? host : host + ":" + uri.getPort();
  }

  private static Map<String, String> parameters(String query) {
    Map<String, String> all = new LinkedHashMap<>();
    for (String pair : query.split("&")) {
      if (pair.isEmpty()) {
        continue;
      }
      String[] parts = cut(pair, '=');
      if (!PARAMETERS.contains(parts[0])) {
        throw new BuildFailure(
            Kind.USER,
            "unknown parameter \"" + parts[0] + "\" of a git repository",
            "there are " + String.join(", ", PARAMETERS),
            null);
      }
      if (all.put(parts[0], decode(parts[1])) != null) {
        throw malformed("parameter \"" + parts[0] + "\" of a git repository is given twice");
      }
    }
    return all;
  }

  private static String decode(String text) {
    try {
      return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw malformed("a percent sign of the repository's URL begins no escape");
    }
  }

  private static String ref(Map<String, String> parameters, String fragment) {
    String branch = parameters.getOrDefault("branch", "");
    String tag = parameters.getOrDefault("tag", "");
    Map<String, String> all = new LinkedHashMap<>(parameters);
    all.put("branch", branch.isEmpty() ? "" : "refs/heads/" + branch);
    all.put("tag", tag.isEmpty() ? "" : "refs/tags/" + tag);
    return one(all, fragment, "ref", "branch", "tag");
  }

  /** The only value that is given for what several places can say. */
  private static String one(Map<String, String> parameters, String fragment, String... names) {
    String found = fragment;
    for (String name : names) {
      String value = parameters.getOrDefault(name, "");
      if (!value.isEmpty() && !found.isEmpty() && !value.equals(found)) {
        throw malformed("\"" + name + "\" of a git repository contradicts \"" + found + "\"");
      }
      found = value.isEmpty() ? found : value;
    }
    return found;
  }

  private static boolean flag(Map<String, String> parameters, String name, boolean otherwise) {
    String value = parameters.get(name);
    if (value == null) {
      return otherwise;
    }
    return switch (value) {
      case "", "true", "1" -> true;
      case "false", "0" -> false;
      default -> throw malformed("\"" + name + "\" is neither true nor false: \"" + value + "\"");
    };
  }

  private static boolean commitTime(Map<String, String> parameters) {
    return switch (parameters.getOrDefault("mtime", "checkout")) {
      case "checkout" -> false;
      case "commit" -> true;
      default -> throw malformed("\"mtime\" of a git repository is \"checkout\" or \"commit\"");
    };
  }

  private static String requireRef(String ref) {
    if (BAD_REF.matcher(ref).find()) {
      throw malformed("\"" + ref + "\" is not the name of a branch, tag or commit");
    }
    return ref;
  }

  private static String requireChecksum(String checksum) {
    if (!checksum.isEmpty() && !CHECKSUM.matcher(checksum).matches()) {
      throw new BuildFailure(
          Kind.USER,
          "\"" + checksum + "\" is no commit",
          "write 7 to 40 hex digits (64 in a SHA-256 repository)",
          null);
    }
    return checksum;
  }

  private static BuildFailure malformed(String message) {
    return new BuildFailure(Kind.USER, message);
  }

  /** The same with what the flags of ADD say; null leaves what the reference says. */
  public GitReference with(@Nullable Boolean keepGitDir, @Nullable String checksum) {
    String sum = this.checksum;
    if (checksum != null) {
      requireChecksum(checksum);
      if (!sum.isEmpty() && !sum.equals(checksum)) {
        throw malformed("--checksum contradicts \"" + sum + "\" of the repository's URL");
      }
      sum = checksum;
    }
    return new GitReference(
        remote,
        scheme,
        host,
        ref,
        subdir,
        sum,
        keepGitDir == null ? this.keepGitDir : keepGitDir,
        submodules,
        commitTime,
        byCommit);
  }

  /** Whether the ref is a commit's whole name, which no server can move. */
  boolean isCommit() {
    return COMMIT.matcher(ref).matches();
  }
}
