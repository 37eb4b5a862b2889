/** What happens during a build, as immutable values: every front end renders the same events. */
@NullMarked
package dev.jbuild.engine.event;

import org.jspecify.annotations.NullMarked;
