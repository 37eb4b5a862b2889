/**
 * Turns a syntax tree into a graph and an image config.
 *
 * <p>{@link dev.jbuild.engine.plan.Planner} finds the stages a target needs and plans each once;
 * {@link dev.jbuild.engine.plan.Dispatcher} carries out instruction after instruction on a {@link
 * dev.jbuild.engine.plan.StageState}, as BuildKit's Dockerfile frontend does.
 */
@NullMarked
package dev.jbuild.engine.plan;

import org.jspecify.annotations.NullMarked;
