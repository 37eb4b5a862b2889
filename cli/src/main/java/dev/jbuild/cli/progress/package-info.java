/**
 * Renders the events of a build: {@link dev.jbuild.cli.progress.PlainProgress} for people and logs,
 * {@link dev.jbuild.cli.progress.RawJsonProgress} for programs, {@link
 * dev.jbuild.cli.progress.QuietProgress} for neither.
 */
@NullMarked
package dev.jbuild.cli.progress;

import org.jspecify.annotations.NullMarked;
