/**
 * Whole images in a store: what the commands {@code images}, {@code inspect}, {@code history},
 * {@code tag}, {@code rmi}, {@code save}, {@code load}, {@code import}, {@code copy} and {@code
 * diff} do, returning values for somebody else to print.
 *
 * <p>{@link dev.jbuild.image.Images} is the entry. An {@link dev.jbuild.image.Image} is one
 * platform of what a name stands for. Archives are read by {@link dev.jbuild.image.ArchiveReader},
 * of OCI's and of Docker's kind, compressed or not, and written by {@link
 * dev.jbuild.image.ArchiveWriter} as OCI archive, Docker archive or OCI directory; equal images
 * give equal archives.
 */
@NullMarked
package dev.jbuild.image;

import org.jspecify.annotations.NullMarked;
