/** What becomes of a build's result: an image in the store, an archive, files, a push. */
@NullMarked
package dev.jbuild.engine.export;

import org.jspecify.annotations.NullMarked;
