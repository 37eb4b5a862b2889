/**
 * The words of the OCI image specification as immutable values; the only image model of jbuild.
 *
 * <p>Three rules hold for all of them:
 *
 * <ul>
 *   <li>A {@link dev.jbuild.oci.Digest} is taken over <em>bytes</em>. {@link
 *       dev.jbuild.oci.Manifest} and {@link dev.jbuild.oci.ImageIndex} therefore keep the bytes
 *       they were parsed from, and what is read is passed on unchanged, unknown fields included.
 *   <li>Values that look alike have types of their own: the digest of stored bytes ({@code
 *       Digest}), of an uncompressed layer ({@code DiffId}), of a stack of layers ({@code
 *       ChainId}).
 *   <li>Parsing is tolerant of what the specification allows and of Docker's older media types, and
 *       refuses the rest as {@code CORRUPT}, naming the object.
 * </ul>
 *
 * <p>Bytes to values and back:
 *
 * <pre>{@code
 * Manifest manifest = Manifest.parse(bytes);
 * Digest digest = manifest.digest();                    // of the very bytes given
 * ImageConfig config = ImageConfig.parse(configBytes);
 * byte[] derived = config.withConfig(config.config().withUser("1000")).toBytes();
 * }</pre>
 */
@NullMarked
package dev.jbuild.oci;

import org.jspecify.annotations.NullMarked;
