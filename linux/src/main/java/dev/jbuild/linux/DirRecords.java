package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads a directory's names, and what the kernel says of each.
 *
 * <p>Records are copied from native memory as a whole and taken apart as an array: to look at
 * native memory costs more than the rest until the JVM's second compiler has seen it. The status of
 * a name is asked with the name where the kernel wrote it.
 */
final class DirRecords {
  // struct linux_dirent64: u64 ino, s64 off, u16 reclen, u8 type, char name[]
  private static final int LENGTH = 16;
  private static final int TYPE = 18;
  private static final int NAME = 19;

  private DirRecords() {}

  /** Takes one record of {@code records}; its name begins {@link #NAME} after {@code at}. */
  private interface Visitor {
    void visit(Scratch s, byte[] records, int at, String name) throws IOException;
  }

  static List<DirEntry> names(DirFd directory) throws IOException {
    List<DirEntry> names = new ArrayList<>();
    each(
        directory,
        (s, records, at, name) -> {
          long ino = 0;
          for (int i = 7; i >= 0; i--) {
            ino = ino << 8 | (records[at + i] & 0xff);
          }
          int type = (records[at + TYPE] & 0xff) << 12;
          Optional<FileType> known =
              type == 0 ? Optional.empty() : Optional.of(FileType.ofMode(type));
          names.add(new DirEntry(BytePath.ofLatin1(name), ino, known));
        });
    return names;
  }

  static List<DirStat> stats(DirFd directory) throws IOException {
    List<DirStat> files = new ArrayList<>();
    int fd = directory.number();
    each(
        directory,
        (s, records, at, name) -> {
          long address = s.data.address() + at + NAME;
          long result = NameCalls.stat(s, fd, address);
          if (result == -Errno.ENOENT) {
            return;
          }
          BytePath path = BytePath.ofLatin1(name);
          Kernel.check(result, Syscall.STATX, path);
          Stat stat = Kernel.readStatx(s);
          files.add(new DirStat(path, stat, Xattr.mayHaveAny(s, fd, address)));
        });
    return files;
  }

  private static void each(DirFd directory, Visitor visitor) throws IOException {
    byte[] records = new byte[0];
    try (Scratch s = Scratch.take()) {
      while (true) {
        long n =
            Kernel.call(
                s, Syscall.GETDENTS64, directory.number(), s.data.address(), Scratch.DATA_SIZE);
        if (Kernel.check(n, Syscall.GETDENTS64, directory) == 0) {
          return;
        }
        int size = (int) n;
        if (records.length < size) {
          records = new byte[size];
        }
        MemorySegment.copy(s.data, JAVA_BYTE, 0, records, 0, size);
        each(s, records, size, visitor);
      }
    }
  }

  private static void each(Scratch s, byte[] records, int size, Visitor visitor)
      throws IOException {
    int at = 0;
    while (at < size) {
      int length = (records[at + LENGTH] & 0xff) | (records[at + LENGTH + 1] & 0xff) << 8;
      // The record ends with the name, its NUL and what aligns the next: less than eight bytes.
      int end = Math.max(at + NAME, at + length - 8);
      while (records[end] != 0) {
        end++;
      }
      String name = new String(records, at + NAME, end - at - NAME, ISO_8859_1);
      if (!name.equals(".") && !name.equals("..")) {
        if (name.indexOf('/') >= 0) {
          // Some file systems in user space say so to kernels before 5.5; no call may follow it.
          throw new ErrnoException(Errno.EIO, Syscall.GETDENTS64.text, BytePath.printable(name));
        }
        visitor.visit(s, records, at, name);
      }
      at += length;
    }
  }
}
