package dev.jbuild.linux;

/**
 * A file of a directory and what the kernel says of it, a link itself if it is one.
 *
 * @param name a single component
 * @param mayHaveXattrs false if it had no extended attribute that the caller may see; true if it
 *     has some, or if the kernel cannot tell without a look at each (before Linux 6.13)
 */
public record DirStat(BytePath name, Stat stat, boolean mayHaveXattrs) {}
