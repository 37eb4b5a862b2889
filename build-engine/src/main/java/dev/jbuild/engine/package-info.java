/**
 * The build engine: a Dockerfile and a context in, an image out.
 *
 * <p>{@link dev.jbuild.engine.BuildEngine#build} takes a {@link dev.jbuild.engine.BuildRequest},
 * tells a {@link dev.jbuild.engine.event.BuildListener} what happens as typed events, and returns a
 * {@link dev.jbuild.engine.BuildResult}. The way of one build:
 *
 * <pre>
 * text ─ parse ─▶ Dockerfile ─ plan ─▶ BuildGraph of Vertex(Op, inputs)
 *      ─ solve ─▶ per vertex: CacheKey → hit: layers │ miss: execute → layers
 *      ─ assemble ─▶ image config + layers per platform ─ export ─▶ store, archive, directory, registry
 * </pre>
 *
 * <p>Packages: {@code plan} turns the syntax tree into the graph and the image config; {@code
 * graph} holds the operations and their cache keys; {@code solve} schedules and caches; {@code
 * exec} runs operations; {@code export} writes results; {@code event} is what listeners see.
 */
@NullMarked
package dev.jbuild.engine;

import org.jspecify.annotations.NullMarked;
