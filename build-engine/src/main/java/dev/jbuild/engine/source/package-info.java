/**
 * Files that a build takes from elsewhere: what is behind an http or https URL.
 *
 * <p>{@link dev.jbuild.engine.source.HttpDownloads} keeps what it fetched in the store's cache and
 * asks the server only whether it changed.
 */
@org.jspecify.annotations.NullMarked
package dev.jbuild.engine.source;
