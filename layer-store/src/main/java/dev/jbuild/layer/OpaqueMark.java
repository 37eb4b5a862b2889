package dev.jbuild.layer;

import dev.jbuild.linux.BytePath;

/**
 * Nothing that lower layers have in this directory shows through (OCI layer.md "Opaque Whiteout").
 * Comes after the directory's own entry. Stored as {@code .wh..wh..opq} in a tar and as an xattr of
 * the directory in overlay form.
 */
public record OpaqueMark(BytePath path) implements TreeChange {}
