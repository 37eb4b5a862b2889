/**
 * What is kept of the last build so that {@code jbuild shell} can go where its steps were: {@link
 * dev.jbuild.engine.shell.KeptBuild} is written at the end of a build and holds names of layers,
 * keys of cache records and what processes see, but no secret and no value of a mount.
 */
@NullMarked
package dev.jbuild.engine.shell;

import org.jspecify.annotations.NullMarked;
