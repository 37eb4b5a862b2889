/**
 * Docker's Engine API as far as a build server has it: what its paths, parameters, headers and
 * messages mean. Nothing here answers a request; {@code dev.jbuild.server} does, in its classes
 * named {@code Docker…}.
 *
 * <p>The reference is Docker's own description of the API (moby {@code api/swagger.yaml}), and
 * where that is silent, what dockerd with its classic builder answers.
 */
@NullMarked
package dev.jbuild.server.docker;

import org.jspecify.annotations.NullMarked;
