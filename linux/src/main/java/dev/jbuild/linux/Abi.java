package dev.jbuild.linux;

/** Constants of the kernel's interface; the few that differ by architecture are decided here. */
final class Abi {
  private static final String ARCH = System.getProperty("os.arch", "");
  static final boolean X86_64 = ARCH.equals("amd64") || ARCH.equals("x86_64");
  private static final boolean ARM64 = ARCH.equals("aarch64");

  static {
    if (!X86_64 && !ARM64 && !ARCH.equals("riscv64")) {
      throw new UnsupportedOperationException("architecture \"" + ARCH + "\" is not supported");
    }
  }

  static final int AT_FDCWD = -100;
  static final int AT_SYMLINK_NOFOLLOW = 0x100;
  static final int AT_REMOVEDIR = 0x200;
  static final int AT_EMPTY_PATH = 0x1000;

  static final int O_RDONLY = 0;
  static final int O_WRONLY = 1;
  static final int O_RDWR = 2;
  static final int O_CREAT = 0100;
  static final int O_EXCL = 0200;
  static final int O_TRUNC = 01000;
  static final int LOCK_SH = 1;
  static final int LOCK_EX = 2;
  static final int LOCK_NB = 4;

  static final int O_NONBLOCK = 04000;
  // arm64 kept the numbers of 32-bit ARM; x86-64 and riscv64 use the generic ones.
  static final int O_DIRECTORY = ARM64 ? 040000 : 0200000;
  static final int O_NOFOLLOW = ARM64 ? 0100000 : 0400000;
  static final int O_CLOEXEC = 02000000;
  static final int O_PATH = 010000000;
  static final int O_TMPFILE = 020000000 | O_DIRECTORY;

  static final long RESOLVE_NO_MAGICLINKS = 0x02;
  static final long RESOLVE_NO_SYMLINKS = 0x04;
  static final long RESOLVE_BENEATH = 0x08;

  static final int STATX_BASIC_STATS = 0x7ff;

  static final int SEEK_SET = 0;
  static final int SEEK_DATA = 3;
  static final int SEEK_HOLE = 4;

  static final int FICLONE = 0x40049409;

  private Abi() {}
}
