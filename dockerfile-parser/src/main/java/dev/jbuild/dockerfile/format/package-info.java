/** The tree as text again: canonical layout and JSON. */
@NullMarked
package dev.jbuild.dockerfile.format;

import org.jspecify.annotations.NullMarked;
