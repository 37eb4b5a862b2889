/**
 * Path patterns: .dockerignore files, {@code --exclude} and {@code --parents}, and COPY wildcards.
 *
 * <p>{@link dev.jbuild.dockerfile.ignore.IgnoreMatcher} is the order-sensitive list of a
 * .dockerignore; {@link dev.jbuild.dockerfile.ignore.Glob} is Go's {@code filepath.Match}.
 *
 * <p>Paths are relative, parts joined by {@code /}, without a leading {@code ./}. Names are bytes;
 * give them as {@code SourceText.decode} makes them, in which a byte that is not UTF-8 stands as
 * one character. {@code ?} and {@code [...]} then match one code point or one stray byte.
 */
@NullMarked
package dev.jbuild.dockerfile.ignore;

import org.jspecify.annotations.NullMarked;
