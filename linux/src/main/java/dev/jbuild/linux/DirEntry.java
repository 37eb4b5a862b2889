package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * One name of a directory, as {@code getdents64} gives it.
 *
 * @param name a single component
 * @param ino inode number
 * @param type absent where the file system does not tell without a {@code stat}
 */
public record DirEntry(BytePath name, long ino, Optional<FileType> type) {

  /** Adds what {@code getdents64} wrote, less {@code "."} and {@code ".."}. */
  static void read(MemorySegment records, List<DirEntry> names) {
    // struct linux_dirent64: u64 ino, s64 off, u16 reclen, u8 type, char name[]
    long at = 0;
    while (at < records.byteSize()) {
      int length = records.get(JAVA_SHORT_UNALIGNED, at + 16) & 0xffff;
      String name = records.getString(at + 19, ISO_8859_1);
      if (!name.equals(".") && !name.equals("..")) {
        long ino = records.get(JAVA_LONG_UNALIGNED, at);
        int type = (records.get(JAVA_BYTE, at + 18) & 0xff) << 12;
        Optional<FileType> known =
            type == 0 ? Optional.empty() : Optional.of(FileType.ofMode(type));
        names.add(new DirEntry(BytePath.ofLatin1(name), ino, known));
      }
      at += length;
    }
  }
}
