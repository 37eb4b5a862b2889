/** Images as a build reads them: where a base comes from, and what its config says. */
@NullMarked
package dev.jbuild.engine.image;

import org.jspecify.annotations.NullMarked;
