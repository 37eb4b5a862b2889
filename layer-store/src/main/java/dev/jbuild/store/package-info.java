/**
 * The store root: blobs, tags, layers and what keeps them alive.
 *
 * <p>Words: a <em>blob</em> is an immutable file named by its digest. An <em>ingest</em> is a blob
 * in the making, named by a reference its writer chose; it becomes a blob by {@code commit}, at
 * once and whole. A <em>layer</em> is named by its diffID and has up to two forms, <em>blob</em>
 * (the tar, in one or more compressions) and <em>unpacked</em> (a directory in overlay form);
 * either is made from the other when something asks for it. A <em>tag</em> is a name for a manifest
 * or index. A <em>lease</em> names a piece of work that is going on, and holds what it has made or
 * read.
 *
 * <p>A {@link dev.jbuild.store.Store} is a handle on a root together with one lease. Everything
 * read or made through the handle stays until the handle is closed; afterwards only tags keep
 * things, and the garbage collector may remove the rest, least recently used first.
 *
 * <pre>{@code
 * try (Store store = Store.open(root, "build hello")) {
 *   Descriptor config = store.blobs().put(MediaType.OCI_CONFIG, image.toBytes());
 *   Manifest manifest = Manifest.of(config, layers);
 *   store.tags().put("hello:latest", store.blobs().put(manifest.mediaType(), manifest.bytes()));
 * }
 * }</pre>
 *
 * <p>Several processes may work on one root. Failures are {@link dev.jbuild.failure.BuildFailure}:
 * {@code NOT_FOUND} for what is not there, {@code CORRUPT} for bytes that are not what their name
 * says, {@code UNAVAILABLE} for a disk that is full or broken. Everything here is thread-safe
 * except an {@link dev.jbuild.store.Ingest} and the streams.
 */
@NullMarked
package dev.jbuild.store;

import org.jspecify.annotations.NullMarked;
