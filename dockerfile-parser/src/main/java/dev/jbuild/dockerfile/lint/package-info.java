/** Lint rules over the syntax tree. */
@NullMarked
package dev.jbuild.dockerfile.lint;

import org.jspecify.annotations.NullMarked;
