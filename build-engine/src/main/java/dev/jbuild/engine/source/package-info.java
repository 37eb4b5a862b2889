/**
 * Files that a build takes from elsewhere: what is behind an http or https URL, and git
 * repositories.
 *
 * <p>{@link dev.jbuild.engine.source.HttpDownloads} keeps what it fetched in the store's cache and
 * asks the server only whether it changed. {@link dev.jbuild.engine.source.GitRepositories} asks
 * for a commit's name first, which is enough for a cache key, and fetches when the files are
 * wanted.
 */
@org.jspecify.annotations.NullMarked
package dev.jbuild.engine.source;
