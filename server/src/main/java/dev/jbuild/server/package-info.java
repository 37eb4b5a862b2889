/**
 * The build server.
 *
 * <p>{@link dev.jbuild.server.BuildServer} listens, on a TCP address or a Unix socket, and serves
 *
 * <ul>
 *   <li>{@code /v1/builds}: builds are posted as a tar of their context, followed as server-sent
 *       events and cancelled;
 *   <li>{@code /v2/}: a read-only OCI distribution registry over the same store, so that an image
 *       can be pulled as soon as it is built;
 *   <li>{@code /_ping}, {@code /version} and what else of Docker's Engine API a build server has,
 *       with or without a version before it (classes {@code Docker…});
 *   <li>{@code /healthz}, {@code /metrics}, {@code /openapi.yaml}.
 * </ul>
 *
 * <p>The event loop parses, authorises and hands over; builds and everything that touches the disk
 * run on virtual threads. Vert.x types do not leave this module.
 */
@NullMarked
package dev.jbuild.server;

import org.jspecify.annotations.NullMarked;
