/**
 * The one failure type of jbuild.
 *
 * <p>Every module throws {@link dev.jbuild.failure.BuildFailure} for what a person or a caller must
 * hear about. Callers branch on the {@linkplain dev.jbuild.failure.BuildFailure.Kind kind}; people
 * read the message and the hint. {@link java.io.IOException} stays at the seams where bytes move.
 */
@NullMarked
package dev.jbuild.failure;

import org.jspecify.annotations.NullMarked;
