/**
 * The kernel's file interface as Java sees it, through {@code java.lang.foreign}.
 *
 * <p>The JDK reaches files by paths in the platform's encoding, follows symbolic links, and knows
 * neither device nodes nor extended attributes of links. A builder of images needs the kernel's own
 * view: names are bytes, every operation is relative to an open directory, and no symbolic link is
 * ever followed.
 *
 * <ul>
 *   <li>{@link dev.jbuild.linux.BytePath} is a path below some root, as bytes.
 *   <li>{@link dev.jbuild.linux.DirFd} is an open directory; all operations on names start there.
 *   <li>{@link dev.jbuild.linux.FileFd} is an open regular file.
 *   <li>{@link dev.jbuild.linux.Stat} is what {@code statx} says of a file.
 *   <li>{@link dev.jbuild.linux.ErrnoException} is what the kernel says when it refuses.
 * </ul>
 *
 * <p>Everything goes through one downcall, {@code syscall(2)} of the C library, bound at first use
 * with the numbers of the running architecture (x86-64, AArch64, RISC-V 64). Calls are safe from
 * any thread; one descriptor may be used by several threads but must be closed only when none uses
 * it. A call occupies its carrier thread until the kernel answers.
 */
@NullMarked
package dev.jbuild.linux;

import org.jspecify.annotations.NullMarked;
