/**
 * What a build does, as a graph of immutable operations.
 *
 * <p>An {@link dev.jbuild.engine.graph.Op} says what to do, a {@link
 * dev.jbuild.engine.graph.Vertex} what it needs. Everything else in a Dockerfile only changes the
 * image config and never becomes a vertex.
 */
@NullMarked
package dev.jbuild.engine.graph;

import org.jspecify.annotations.NullMarked;
