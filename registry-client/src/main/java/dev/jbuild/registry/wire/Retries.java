package dev.jbuild.registry.wire;

import dev.jbuild.failure.BuildFailure;
import dev.jbuild.registry.RegistryFailure;
import dev.jbuild.registry.RegistryOptions;
import dev.jbuild.registry.RetryPolicy;
import dev.jbuild.registry.TransferEvent;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.time.Duration;
import java.util.random.RandomGenerator;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Repeats what may be repeated, with growing waits, and says at the end what went wrong. */
final class Retries {
  /** One attempt. It is asked how far it came, so that progress starts the count anew. */
  interface Attempt<T extends @Nullable Object> {
    T run() throws IOException;

    /** Anything that grows as the work gets done. */
    default long progress() {
      return 0;
    }
  }

  /** A host that cannot be reached at all is given up sooner than one that stumbles. */
  private static final int UNREACHABLE_ATTEMPTS = 3;

  private final RegistryOptions options;
  private final RandomGenerator random;

  Retries(RegistryOptions options, RandomGenerator random) {
    this.options = options;
    this.random = random;
  }

  /**
   * Runs until an attempt succeeds or there is no point in another.
   *
   * @param method of the request, for the failure
   */
  <T extends @Nullable Object> T run(String method, Action action, Attempt<T> attempt) {
    int failures = 0;
    long progress = attempt.progress();
    while (true) {
      try {
        return attempt.run();
      } catch (IOException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw HostAccess.cancelled(e);
        }
        long now = attempt.progress();
        failures = now > progress ? 1 : failures + 1;
        progress = now;
        pauseOrFail(method, action, e, failures);
      }
    }
  }

  private void pauseOrFail(String method, Action action, IOException e, int failures) {
    RetryPolicy policy = options.retries();
    boolean last = failures >= policy.attempts() || isHopeless(e);
    last |= isUnreachable(e) && failures >= UNREACHABLE_ATTEMPTS;
    Duration wait = policy.backOff(failures, random);
    if (e instanceof TransientFailure answer) {
      Duration asked = answer.retryAfter();
      if (last) {
        throw answer.failure();
      }
      if (asked != null) {
        if (asked.compareTo(policy.patience()) > 0) {
          throw answer.failure();
        }
        wait = asked.compareTo(wait) > 0 ? asked : wait;
      }
    } else if (last) {
      throw unreachable(method, action, e, failures);
    }
    options.listener().on(new TransferEvent.Retrying(action.toString(), cause(e), failures, wait));
    try {
      Thread.sleep(wait);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw HostAccess.cancelled(interrupted);
    }
  }

  private static boolean isUnreachable(IOException e) {
    return e instanceof ConnectException
        || (e instanceof UnknownHostException unknown && NameLookups.isDenied(unknown))
        || e instanceof NoRouteToHostException
        || e instanceof HttpConnectTimeoutException;
  }

  private static boolean isHopeless(IOException e) {
    return HostAccess.isCertificate(e) || e instanceof HopelessException;
  }

  private static RegistryFailure unreachable(
      String method, Action action, IOException e, int failures) {
    String times = failures > 1 ? " (" + failures + " attempts)" : "";
    return new RegistryFailure(
        BuildFailure.Kind.UNAVAILABLE,
        method,
        action.host(),
        0,
        null,
        action + ": " + cause(e) + times,
        HostAccess.hints(action.host(), e).stream().findFirst().orElse(null),
        e);
  }

  /** The failure in words; the JDK's are often none. */
  static String cause(IOException e) {
    String text = e.getMessage();
    if (e instanceof UnknownHostException) {
      String why = text == null || text.isBlank() ? "" : " (" + text + ")";
      return "the host name cannot be resolved" + why;
    }
    if (e instanceof HttpConnectTimeoutException) {
      return "no connection in time";
    }
    if (HostAccess.isCertificate(e)) {
      Throwable deepest = e;
      while (deepest.getCause() != null) {
        deepest = deepest.getCause();
      }
      return "the certificate is not trusted: " + deepest.getMessage();
    }
    if (text != null && (e instanceof HopelessException || e instanceof ProxyFailure)) {
      return text;
    }
    if (e instanceof SSLException) {
      return "no TLS connection: " + text;
    }
    if (e instanceof ConnectException) {
      return text == null || text.isBlank() ? "connection refused" : lower(text);
    }
    if (e instanceof SocketTimeoutException && text != null) {
      return text;
    }
    return text == null || text.isBlank()
        ? "the connection broke (" + e.getClass().getSimpleName() + ")"
        : "the connection broke: " + text;
  }

  private static String lower(String text) {
    return Character.toLowerCase(text.charAt(0)) + text.substring(1);
  }

  /** An I/O failure that another attempt would meet again. */
  static final class HopelessException extends IOException {
    private static final long serialVersionUID = 1;

    HopelessException(String message) {
      super(message);
    }
  }
}
