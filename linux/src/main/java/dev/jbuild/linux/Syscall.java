package dev.jbuild.linux;

/** System call numbers by architecture: x86-64 has its own, the others share the generic table. */
enum Syscall {
  READ(0, 63),
  WRITE(1, 64),
  CLOSE(3, 57),
  LSEEK(8, 62),
  IOCTL(16, 29),
  PREAD64(17, 67),
  PWRITE64(18, 68),
  FLOCK(73, 32),
  FSYNC(74, 82),
  FDATASYNC(75, 83),
  FTRUNCATE(77, 46),
  FCHMOD(91, 52),
  FCHOWN(93, 55),
  GETEUID(107, 175),
  GETEGID(108, 177),
  FSTATFS(138, 44),
  SETXATTR(188, 5),
  LSETXATTR(189, 6),
  FSETXATTR(190, 7),
  GETXATTR(191, 8),
  LGETXATTR(192, 9),
  FGETXATTR(193, 10),
  LISTXATTR(194, 11),
  LLISTXATTR(195, 12),
  FLISTXATTR(196, 13),
  REMOVEXATTR(197, 14),
  LREMOVEXATTR(198, 15),
  FREMOVEXATTR(199, 16),
  GETDENTS64(217, 61),
  OPENAT(257, 56),
  MKDIRAT(258, 34),
  MKNODAT(259, 33),
  FCHOWNAT(260, 54),
  UNLINKAT(263, 35),
  LINKAT(265, 37),
  SYMLINKAT(266, 36),
  READLINKAT(267, 78),
  FCHMODAT(268, 53),
  UTIMENSAT(280, 88),
  SYNCFS(306, 267),
  RENAMEAT2(316, 276),
  COPY_FILE_RANGE(326, 285),
  STATX(332, 291),
  OPENAT2(437, 437),
  FCHMODAT2(452, 452),
  SETXATTRAT(463, 463),
  GETXATTRAT(464, 464),
  LISTXATTRAT(465, 465),
  REMOVEXATTRAT(466, 466);

  final String text;
  final long number;

  Syscall(int x86, int generic) {
    this.text = name().toLowerCase(java.util.Locale.ROOT);
    this.number = Abi.X86_64 ? x86 : generic;
  }
}
