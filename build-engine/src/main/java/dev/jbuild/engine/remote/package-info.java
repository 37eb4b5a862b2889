/**
 * Caches that builds share: exported to a registry, a directory or the image itself, and imported
 * from there.
 *
 * <p>A shared cache is one {@linkplain dev.jbuild.engine.remote.CacheDocument document} with the
 * records, and the layers it speaks of as blobs beside it. An import reads the document; a layer
 * comes only when a step or an export needs its content.
 *
 * <p>Whoever may write a cache decides what the builds that import it contain, so it is believed
 * like a base image. What it cannot do: replace a record or a layer that this store has, name a
 * path, make a build fail, or pass off other content under a layer's diffID.
 */
@NullMarked
package dev.jbuild.engine.remote;

import org.jspecify.annotations.NullMarked;
