package dev.jbuild.engine;

import dev.jbuild.dockerfile.ast.Dockerfile;
import dev.jbuild.dockerfile.ignore.IgnoreMatcher;

/**
 * A Dockerfile as a build would read it.
 *
 * @param ignore what is left out of the main context
 */
public record DockerfileInput(Dockerfile tree, IgnoreMatcher ignore) {}
