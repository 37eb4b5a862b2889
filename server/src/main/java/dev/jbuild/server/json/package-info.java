/**
 * Events, results and failures as JSON: what the event stream and {@code --progress rawjson} say.
 */
@NullMarked
package dev.jbuild.server.json;

import org.jspecify.annotations.NullMarked;
