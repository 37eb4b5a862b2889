/**
 * The {@code jbuild} command: arguments in, progress and results out.
 *
 * <p>{@link dev.jbuild.cli.Jbuild#run} is the whole command as a function: arguments and a {@link
 * dev.jbuild.cli.Console} in, an exit code out; {@link dev.jbuild.cli.Main} only ties it to the
 * process. A {@link dev.jbuild.cli.Verb} names a {@link dev.jbuild.cli.Command}; only the command
 * that was asked for is loaded, as start-up time counts. A command gets a {@link
 * dev.jbuild.cli.Session}, from which it opens the store and the engine.
 *
 * <p>Exit codes: 0 done, the RUN step's own code when a RUN failed, 1 another failure, 2 wrong
 * usage, 130 interrupted. Results go to standard output, everything else to standard error.
 */
@NullMarked
package dev.jbuild.cli;

import org.jspecify.annotations.NullMarked;
