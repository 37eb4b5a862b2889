package dev.jbuild.registry.wire;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.Security;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Host names, looked up once an attempt, in time, and again for the next attempt. */
final class NameLookups {
  private NameLookups() {}

  /**
   * Makes a name that was not found be looked up again. The JDK remembers a failure for ten
   * seconds, longer than most retries wait, so that all of them would be told of the first one. It
   * reads this once, at the first look-up of the process; later calls change nothing.
   */
  static void forgetFailures() {
    Security.setProperty("networkaddress.cache.negative.ttl", "0");
  }

  /**
   * Looks a name up before the JDK's HTTP client does: that looks three times for each connection,
   * under no limit, and does not say why it found nothing. What is found here it finds in the JDK's
   * cache.
   *
   * @throws UnknownHostException in the resolver's words, or if it says nothing in time
   * @throws InterruptedIOException if the thread is interrupted; its interrupt status stays set
   */
  static void find(String host, ExecutorService threads, Duration limit) throws IOException {
    Future<InetAddress> found = threads.submit(() -> InetAddress.getByName(host));
    try {
      found.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new UnknownHostException(
          host + ": no answer of the resolver within " + limit.toMillis() + " ms");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException cause ? cause : new IOException(e.getCause());
    }
  }

  /**
   * Whether the name servers said that there is no such name. Anything else, as no answer or one
   * that says to ask later, mends itself more often. The words are the C library's; in another
   * language a wrong name costs a few more attempts.
   */
  static boolean isDenied(UnknownHostException e) {
    String text = String.valueOf(e.getMessage());
    return text.contains("Name or service not known")
        || text.contains("No address associated with hostname");
  }
}
