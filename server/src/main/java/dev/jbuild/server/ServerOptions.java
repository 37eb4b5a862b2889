package dev.jbuild.server;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How a server listens and what it allows.
 *
 * @param address where it listens
 * @param token what callers must present; null for nobody in particular
 * @param tls certificate and key; null for plain HTTP
 * @param anonymous whether an address that is not loopback may do without a token
 * @param maxBuilds builds that run at once, at least 1
 * @param queue builds that may wait for their turn
 * @param contextLimit bytes of a posted context at most
 * @param uploadTime how long posting one may take
 * @param buildTime how long a build may run
 * @param keptBuilds finished builds that are remembered with their events
 * @param bounds of what a RUN step may use
 */
public record ServerOptions(
    Address address,
    @Nullable String token,
    @Nullable Tls tls,
    boolean anonymous,
    int maxBuilds,
    int queue,
    long contextLimit,
    Duration uploadTime,
    Duration buildTime,
    int keptBuilds,
    StepBounds bounds) {

  /** Loopback, port 8372, no token; a build for every processor and 64 waiting. */
  public static final ServerOptions DEFAULT =
      new ServerOptions(
          new Address.Tcp("127.0.0.1", 8372),
          null,
          null,
          false,
          Math.max(1, Runtime.getRuntime().availableProcessors()),
          64,
          8L << 30,
          Duration.ofHours(1),
          Duration.ofHours(6),
          200,
          StepBounds.NONE);

  public ServerOptions {
    if (maxBuilds < 1) {
      throw new IllegalArgumentException("a server runs at least one build, not " + maxBuilds);
    }
    if (queue < 0 || contextLimit < 1 || keptBuilds < 1) {
      throw new IllegalArgumentException("a limit is below what is possible");
    }
  }

  /** Where a server listens. */
  public sealed interface Address {
    /** A port of 0 takes a free one. */
    record Tcp(String host, int port) implements Address {}

    /** A Unix socket; what is there of a server that is gone is replaced. */
    record Unix(Path path) implements Address {}
  }

  /** PEM files. */
  public record Tls(Path certificate, Path key) {}

  Optional<String> bearer() {
    return Optional.ofNullable(token);
  }

  public ServerOptions withAddress(Address other) {
    return with(draft -> draft.address = other);
  }

  public ServerOptions withToken(@Nullable String other) {
    return with(draft -> draft.token = other);
  }

  public ServerOptions withTls(@Nullable Tls other) {
    return with(draft -> draft.tls = other);
  }

  public ServerOptions withAnonymous(boolean allowed) {
    return with(draft -> draft.anonymous = allowed);
  }

  public ServerOptions withBuilds(int most, int waiting) {
    return with(draft -> {
      draft.maxBuilds = most;
      draft.queue = waiting;
    });
  }

  public ServerOptions withContextLimit(long bytes, Duration time) {
    return with(draft -> {
      draft.contextLimit = bytes;
      draft.uploadTime = time;
    });
  }

  public ServerOptions withBuildTime(Duration time) {
    return with(draft -> draft.buildTime = time);
  }

  public ServerOptions withBounds(StepBounds other) {
    return with(draft -> draft.bounds = other);
  }

  private ServerOptions with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finish();
  }

  /** One in the making: what a change does not name stays as it is. */
  private static final class Draft {
    Address address;
    @Nullable String token;
    @Nullable Tls tls;
    boolean anonymous;
    int maxBuilds;
    int queue;
    long contextLimit;
    Duration uploadTime;
    Duration buildTime;
    int keptBuilds;
    StepBounds bounds;

    Draft(ServerOptions from) {
      address = from.address;
      token = from.token;
      tls = from.tls;
      anonymous = from.anonymous;
      maxBuilds = from.maxBuilds;
      queue = from.queue;
      contextLimit = from.contextLimit;
      uploadTime = from.uploadTime;
      buildTime = from.buildTime;
      keptBuilds = from.keptBuilds;
      bounds = from.bounds;
    }

    ServerOptions finish() {
      return new ServerOptions(
          address,
          token,
          tls,
          anonymous,
          maxBuilds,
          queue,
          contextLimit,
          uploadTime,
          buildTime,
          keptBuilds,
          bounds);
    }
  }
}
