/**
 * The distribution protocol on the wire: two implementations of {@link
 * dev.jbuild.registry.Registry}.
 *
 * <p>{@link dev.jbuild.registry.wire.Transports#open} gives the one the options ask for. Nothing
 * here runs, and no HTTP class is loaded, before the first request.
 *
 * <p>The default is built in layers, each of which knows one thing: the JDK's client sends one
 * request and enforces time limits; above it one class finds the scheme of a host, one adds
 * credentials and follows redirects, one repeats what may be repeated; on top are the endpoints.
 */
@NullMarked
package dev.jbuild.registry.wire;

import org.jspecify.annotations.NullMarked;
