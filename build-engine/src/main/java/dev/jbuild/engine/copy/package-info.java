/**
 * COPY and ADD: which files a step takes, how they are keyed, and what they become in the layer.
 *
 * <p>{@link dev.jbuild.engine.copy.SourceSelection} finds the sources in any {@link
 * dev.jbuild.layer.FileTree}, {@link dev.jbuild.engine.copy.SourceListing} describes them for the
 * cache key, {@link dev.jbuild.engine.copy.CopyOperation} puts them into a layer. None of it needs
 * a mount or a privilege.
 */
@NullMarked
package dev.jbuild.engine.copy;

import org.jspecify.annotations.NullMarked;
