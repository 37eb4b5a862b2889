/**
 * Finds or makes the result of a graph: lazily from the target, in parallel, each vertex once.
 *
 * <p>{@link dev.jbuild.engine.solve.Solver} holds the order of look-ups; {@link
 * dev.jbuild.engine.solve.BuildScope} owns every thread of a build.
 */
@NullMarked
package dev.jbuild.engine.solve;

import org.jspecify.annotations.NullMarked;
