/**
 * A deflate encoder (RFC 1951), fast rather than small.
 *
 * <p>A {@link dev.jbuild.layer.deflate.DeflateEncoder} takes a piece of data through a {@link
 * dev.jbuild.layer.deflate.Parser}, which finds matches and leaves {@link
 * dev.jbuild.layer.deflate.Tokens} and a {@link dev.jbuild.layer.deflate.Histogram} of them; {@link
 * dev.jbuild.layer.deflate.BlockWriter} makes {@linkplain dev.jbuild.layer.deflate.HuffmanCode
 * codes} for the histogram and writes the tokens with them through a {@link
 * dev.jbuild.layer.deflate.BitWriter}; {@link dev.jbuild.layer.deflate.BlockChecker} proves that
 * what was written is the data.
 *
 * <p>The loops are written for the processor: state in local variables, few branches that cannot be
 * guessed, words in place of bytes. Nothing depends on the machine's byte order, on floating point
 * or on what was compressed before.
 */
@NullMarked
package dev.jbuild.layer.deflate;

import org.jspecify.annotations.NullMarked;
