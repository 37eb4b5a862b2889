package dev.jbuild.registry;

import java.time.Duration;

/**
 * How long each phase of a request may take; no phase is without an end.
 *
 * @param connect until the TCP connection stands
 * @param response from the last byte sent (or the TLS hello) to the head of the answer
 * @param idle the longest a body may move fewer than {@code idleBytes}, either way
 * @param idleBytes what must move within {@code idle}, so that a trickle is not mistaken for life
 * @param commit like {@code response}, for the request that ends an upload: registries over object
 *     stores copy the whole blob before they answer
 * @param helper for a credential helper to answer
 */
public record Timeouts(
    Duration connect,
    Duration response,
    Duration idle,
    long idleBytes,
    Duration commit,
    Duration helper) {
  public static final Timeouts DEFAULT =
      new Timeouts(
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(30),
          16 * 1024,
          Duration.ofMinutes(10),
          Duration.ofSeconds(60));
}
