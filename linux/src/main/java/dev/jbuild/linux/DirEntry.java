package dev.jbuild.linux;

import java.util.Optional;

/**
 * One name of a directory, as {@code getdents64} gives it.
 *
 * @param name a single component
 * @param ino inode number
 * @param type absent where the file system does not tell without a {@code stat}
 */
public record DirEntry(BytePath name, long ino, Optional<FileType> type) {}
