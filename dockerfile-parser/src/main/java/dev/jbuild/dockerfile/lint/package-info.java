/**
 * Lint rules over the syntax tree.
 *
 * <p>{@code Linter.lint(tree, options)} gives a list of warnings. {@link
 * dev.jbuild.dockerfile.lint.Rule} names the rules; {@link dev.jbuild.dockerfile.lint.CheckOptions}
 * reads the {@code check} directive, which turns rules off or makes them errors; {@link
 * dev.jbuild.dockerfile.lint.LintReport} writes findings as text and JSON. Every rule has a
 * paragraph in docs/lint.md.
 */
@NullMarked
package dev.jbuild.dockerfile.lint;

import org.jspecify.annotations.NullMarked;
