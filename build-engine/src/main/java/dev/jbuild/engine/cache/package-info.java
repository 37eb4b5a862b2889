/**
 * What a build remembers between runs: {@linkplain dev.jbuild.engine.cache.CacheRecords records}
 * from a {@linkplain dev.jbuild.engine.cache.CacheKey key} to layers, with everything the key was
 * made of spelled out, so that a miss can be explained; and digests of files that have not changed.
 *
 * <p>A lost or damaged record costs a rebuild, never a wrong result: records are checked when read
 * and name layers by diffID, which the store verifies.
 */
@NullMarked
package dev.jbuild.engine.cache;

import org.jspecify.annotations.NullMarked;
