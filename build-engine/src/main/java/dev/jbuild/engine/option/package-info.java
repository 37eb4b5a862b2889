/**
 * Values that hold several keys, such as {@code type=registry,ref=HOST/REPO:cache,mode=max}: read
 * the same way whether they come from a flag or over HTTP.
 */
@org.jspecify.annotations.NullMarked
package dev.jbuild.engine.option;
