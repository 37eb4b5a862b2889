package dev.jbuild.linux;

/** What a name of a directory stands for: the {@code S_IFMT} part of a mode. */
public enum FileType {
  FIFO(0010000),
  CHARACTER_DEVICE(0020000),
  DIRECTORY(0040000),
  BLOCK_DEVICE(0060000),
  REGULAR(0100000),
  SYMLINK(0120000),
  SOCKET(0140000);

  private static final int MASK = 0170000;
  private final int bits;

  FileType(int bits) {
    this.bits = bits;
  }

  /** The type bits, to be or-ed with permissions for {@code mknod}. */
  public int bits() {
    return bits;
  }

  /** The type in {@code st_mode}. */
  public static FileType ofMode(int mode) {
    return switch (mode & MASK) {
      case 0010000 -> FIFO;
      case 0020000 -> CHARACTER_DEVICE;
      case 0040000 -> DIRECTORY;
      case 0060000 -> BLOCK_DEVICE;
      case 0100000 -> REGULAR;
      case 0120000 -> SYMLINK;
      case 0140000 -> SOCKET;
      default ->
          throw new IllegalArgumentException(
              "mode 0" + Integer.toOctalString(mode) + " has no known file type");
    };
  }
}
