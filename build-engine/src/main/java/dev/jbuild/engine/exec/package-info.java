/**
 * Carries out operations: keys them, runs processes, copies files, and turns what changed into
 * layers of the store.
 */
@NullMarked
package dev.jbuild.engine.exec;

import org.jspecify.annotations.NullMarked;
