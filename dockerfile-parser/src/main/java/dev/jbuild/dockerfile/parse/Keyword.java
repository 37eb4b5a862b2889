package dev.jbuild.dockerfile.parse;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** The instructions and the flags they take. */
enum Keyword {
  ADD(
      text("chown"),
      text("chmod"),
      bool("link"),
      list("exclude"),
      text("checksum"),
      bool("keep-git-dir"),
      bool("unpack")),
  ARG,
  CMD,
  COPY(text("from"), text("chown"), text("chmod"), bool("link"), bool("parents"), list("exclude")),
  ENTRYPOINT,
  ENV,
  EXPOSE,
  FROM(text("platform")),
  HEALTHCHECK(
      text("interval"),
      text("timeout"),
      text("start-period"),
      text("start-interval"),
      text("retries")),
  LABEL,
  MAINTAINER,
  ONBUILD,
  RUN(list("mount"), text("network"), text("security"), list("device")),
  SHELL,
  STOPSIGNAL,
  USER,
  VOLUME,
  WORKDIR;

  /** How often a flag may be given, and with what. */
  enum FlagType {
    /** Once, with a value. */
    TEXT,
    /** Once, alone or with true or false. */
    BOOL,
    /** Any number of times, with a value. */
    LIST
  }

  record FlagSpec(String name, FlagType type) {}

  private static final Map<String, Keyword> BY_NAME =
      Arrays.stream(values()).collect(Collectors.toMap(Keyword::name, Function.identity()));

  /** All names, for suggestions. */
  static final List<String> NAMES = Arrays.stream(values()).map(Keyword::name).toList();

  @SuppressWarnings("ImmutableEnumChecker") // made by List.of
  private final List<FlagSpec> flags;

  Keyword(FlagSpec... flags) {
    this.flags = List.of(flags);
  }

  static @Nullable Keyword of(String written) {
    return BY_NAME.get(written.toUpperCase(Locale.ROOT));
  }

  List<FlagSpec> flags() {
    return flags;
  }

  /** Whether {@code <<} in the arguments announces heredocs. */
  boolean takesHeredocs() {
    return this == RUN || this == COPY || this == ADD;
  }

  private static FlagSpec text(String name) {
    return new FlagSpec(name, FlagType.TEXT);
  }

  private static FlagSpec bool(String name) {
    return new FlagSpec(name, FlagType.BOOL);
  }

  private static FlagSpec list(String name) {
    return new FlagSpec(name, FlagType.LIST);
  }
}
