package dev.jbuild.dockerfile.expand;

import dev.jbuild.dockerfile.ast.Diagnostic;
import dev.jbuild.dockerfile.ast.DockerfileException;
import dev.jbuild.dockerfile.ast.MountFlag;
import dev.jbuild.dockerfile.ast.Nearest;
import dev.jbuild.dockerfile.ast.Quoted;
import dev.jbuild.dockerfile.ast.SourceSpan;
import dev.jbuild.dockerfile.ast.Word;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Gives the options of a mount their values and types. Options are read in order, as in BuildKit,
 * so that {@code type} must stand before an option of that type alone, such as {@code required}.
 */
final class MountResolver {
  private static final int DIRECTORY_MODE = 0755;
  private static final int SECRET_MODE = 0400;
  private static final int SOCKET_MODE = 0600;
  private static final Pattern SIZE =
      Pattern.compile("([0-9]+(?:\\.[0-9]*)?|\\.[0-9]+) ?([kmgtp]?)(?:i?b)?");

  private static final Set<String> TRUE = Set.of("1", "t", "T", "true", "TRUE", "True");
  private static final Set<String> FALSE = Set.of("0", "f", "F", "false", "FALSE", "False");

  private final MountFlag flag;
  private final Map<String, SourceSpan> given = new HashMap<>();
  private String type = "bind";
  private @Nullable String from;
  private @Nullable String source;
  private @Nullable String target;
  private @Nullable String id;
  private @Nullable String env;
  private RunMount.@Nullable Sharing sharing;
  private @Nullable Boolean readOnly;
  private boolean required;
  private long size;
  private @Nullable Long mode;
  private @Nullable Long uid;
  private @Nullable Long gid;

  private MountResolver(MountFlag flag) {
    this.flag = flag;
  }

  static RunMount resolve(MountFlag flag, WordExpander expander, Variables variables) {
    MountResolver resolver = new MountResolver(flag);
    for (MountFlag.Option option : flag.options()) {
      Word written = option.value();
      String value =
          written == null || option.key().equals("from")
              ? (written == null ? null : written.text())
              : expander.expand(written, variables).text();
      resolver.option(option, value);
    }
    return resolver.mount();
  }

  private void option(MountFlag.Option option, @Nullable String given) {
    String key = option.key();
    String value = given == null ? "true" : given;
    SourceSpan span = option.span();
    switch (key) {
      case "type" -> type = type(value, span);
      case "from" -> from = note("from", span, value);
      case "source", "src" -> source = note("source", span, value);
      case "target", "dst", "destination" -> target = note("target", span, value);
      case "readonly", "ro" -> readOnly = bool(key, value, span);
      case "readwrite", "rw" -> readOnly = !bool(key, value, span);
      case "required" -> {
        only(key, span, "secret", "ssh");
        required = bool(key, value, span);
      }
      case "size" -> {
        only(key, span, "tmpfs");
        size = size(value, span);
      }
      case "id" -> id = note("id", span, value);
      case "sharing" -> {
        note("sharing", span, value);
        sharing = sharing(value, span);
      }
      case "mode" -> mode = number(key, note("mode", span, value), 8, span);
      case "uid" -> uid = number(key, note("uid", span, value), 10, span);
      case "gid" -> gid = number(key, note("gid", span, value), 10, span);
      case "env" -> env = note("env", span, value);
      default -> throw new IllegalArgumentException("option " + key);
    }
  }

  private String note(String key, SourceSpan span, String value) {
    given.put(key, span);
    return value;
  }

  private RunMount mount() {
    boolean secret = type.equals("secret");
    refuseUnless(type.equals("cache"), "sharing");
    refuseUnless(secret, "env");
    refuseUnless(secret || type.equals("ssh") || type.equals("cache"), "mode", "uid", "gid");
    refuseUnless(type.equals("bind") || type.equals("cache"), "from");
    return switch (type) {
      case "bind" ->
          new RunMount.Bind(
              emptyAsNull(from),
              source == null ? "/" : source,
              target(),
              readOnly == null || readOnly);
      case "cache" ->
          new RunMount.Cache(
              emptyAsNull(id),
              target(),
              sharing == null ? RunMount.Sharing.SHARED : sharing,
              emptyAsNull(from),
              source == null ? "/" : source,
              readOnly != null && readOnly,
              or(mode, DIRECTORY_MODE),
              or(uid),
              or(gid));
      case "tmpfs" -> new RunMount.Tmpfs(target(), size, readOnly != null && readOnly);
      case "secret" -> secret();
      default ->
          new RunMount.Ssh(
              id == null || id.isEmpty() ? "default" : id,
              emptyAsNull(target),
              required,
              or(mode, SOCKET_MODE),
              or(uid),
              or(gid));
    };
  }

  private RunMount secret() {
    String name = emptyAsNull(id);
    String alias = emptyAsNull(source);
    if (name != null && alias != null) {
      throw failure(
          given.getOrDefault("source", flag.value().span()),
          "secret mount has both \"id\" and \"source\"",
          "keep \"id\"");
    }
    String path = emptyAsNull(target);
    if (name == null && alias == null && path == null) {
      throw failure(
          flag.value().span(), "secret mount has neither \"id\" nor \"target\"", "write id=name");
    }
    String known = name != null ? name : alias;
    if (known == null) {
      String file = path == null ? "" : path;
      known = file.substring(file.lastIndexOf('/') + 1);
    }
    return new RunMount.Secret(
        known, path, emptyAsNull(env), required, or(mode, SECRET_MODE), or(uid), or(gid));
  }

  private static int or(@Nullable Long value, int otherwise) {
    return value == null ? otherwise : value.intValue();
  }

  private static long or(@Nullable Long value) {
    return value == null ? 0 : value;
  }

  private static @Nullable String emptyAsNull(@Nullable String value) {
    return value == null || value.isEmpty() ? null : value;
  }

  private String target() {
    if (target == null || target.isEmpty()) {
      throw failure(
          flag.value().span(), type + " mount has no target", "add target=/path to the mount");
    }
    return target;
  }

  private void refuseUnless(boolean allowed, String... keys) {
    for (String key : keys) {
      SourceSpan span = given.get(key);
      if (!allowed && span != null) {
        throw failure(
            span, "option \"" + key + "\" is not for a mount of type " + type, "remove it");
      }
    }
  }

  private void only(String key, SourceSpan span, String... types) {
    if (!List.of(types).contains(type)) {
      throw failure(
          span,
          "option \"" + key + "\" is not for a mount of type " + type,
          "it is for type=" + String.join(" and type=", types) + "; put the type first");
    }
  }

  private static String type(String value, SourceSpan span) {
    List<String> types = List.of("bind", "cache", "tmpfs", "secret", "ssh");
    String lower = value.toLowerCase(Locale.ROOT);
    if (!types.contains(lower)) {
      throw failure(
          span,
          "unknown mount type " + Quoted.of(value),
          Nearest.hint(value, types).orElse("types are " + String.join(", ", types)));
    }
    return lower;
  }

  private static RunMount.Sharing sharing(String value, SourceSpan span) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "shared" -> RunMount.Sharing.SHARED;
      case "private" -> RunMount.Sharing.PRIVATE;
      case "locked" -> RunMount.Sharing.LOCKED;
      default ->
          throw failure(
              span,
              "unknown sharing " + Quoted.of(value),
              Nearest.hint(value, List.of("shared", "private", "locked"))
                  .orElse("sharing is shared, private or locked"));
    };
  }

  private static boolean bool(String key, String value, SourceSpan span) {
    if (!TRUE.contains(value) && !FALSE.contains(value)) {
      throw failure(
          span,
          "option \"" + key + "\" of mount is true or false, not " + Quoted.of(value),
          "write " + key + " alone for true");
    }
    return TRUE.contains(value);
  }

  private static long number(String key, String value, int radix, SourceSpan span) {
    long max = 0xFFFF_FFFFL;
    try {
      long number = value.isEmpty() || value.startsWith("+") ? -1 : Long.parseLong(value, radix);
      if (number >= 0 && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Reported below, with the text that is no number.
    }
    throw failure(
        span,
        "option \"" + key + "\" of mount is a number, not " + Quoted.of(value),
        radix == 8 ? "write it in octal: mode=0755" : "write the numeric id");
  }

  private static long size(String value, SourceSpan span) {
    Matcher matcher = SIZE.matcher(value.toLowerCase(Locale.ROOT));
    if (!matcher.matches() || value.length() > 30) {
      throw failure(
          span,
          "option \"size\" of mount is a size, not " + Quoted.of(value),
          "write bytes, or a number with k, m or g");
    }
    int power = " kmgtp".indexOf(matcher.group(2).isEmpty() ? " " : matcher.group(2));
    BigDecimal bytes =
        new BigDecimal(matcher.group(1)).multiply(BigDecimal.valueOf(1024).pow(power));
    return bytes.min(BigDecimal.valueOf(Long.MAX_VALUE)).longValue();
  }

  private static DockerfileException failure(
      SourceSpan span, String message, @Nullable String hint) {
    return new DockerfileException(List.of(Diagnostic.error(span, message, hint)));
  }
}
