/**
 * Variables: how words expand, what is in scope, and the values that are typed only once expanded.
 *
 * <p>{@link dev.jbuild.dockerfile.expand.WordExpander} expands one word against {@link
 * dev.jbuild.dockerfile.expand.Variables}. Which variables are in scope is the matter of {@link
 * dev.jbuild.dockerfile.expand.GlobalScope} for FROM and global ARGs and of {@link
 * dev.jbuild.dockerfile.expand.StageScope} for everything in a stage; the rules are written down
 * there and nowhere else.
 *
 * <p>These words expand, each by itself: all arguments of ADD, COPY, ENV (keys too), EXPOSE, LABEL
 * (keys too), STOPSIGNAL, USER, VOLUME and WORKDIR; the default of ARG; image and platform of FROM
 * (global scope only); {@code --chown}, {@code --chmod} and {@code --checksum}; the values of
 * {@code RUN --mount} but for {@code from}; unquoted heredocs of COPY and ADD. Nothing else does:
 * not the bodies of RUN, CMD and ENTRYPOINT, not SHELL and HEALTHCHECK, not {@code --from}, not
 * {@code --exclude}. The same holds inside ONBUILD when the trigger fires.
 */
@NullMarked
package dev.jbuild.dockerfile.expand;

import org.jspecify.annotations.NullMarked;
