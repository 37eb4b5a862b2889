/**
 * What can be said about a Dockerfile without building it: how its stages depend on each other
 * ({@link dev.jbuild.dockerfile.outline.StageGraph}), what of it no build accepts ({@link
 * dev.jbuild.dockerfile.outline.BuildErrors}), what it can be asked to build ({@link
 * dev.jbuild.dockerfile.outline.Targets}) and with which inputs ({@link
 * dev.jbuild.dockerfile.outline.Outline}).
 */
@NullMarked
package dev.jbuild.dockerfile.outline;

import org.jspecify.annotations.NullMarked;
