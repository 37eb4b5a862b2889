package dev.jbuild.linux;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** A terminal that a descriptor of this process is open on. */
public final class Terminal {
  private static final long TCGETS = 0x5401;
  private static final long TCSETSW = 0x5403;
  private static final long TIOCGWINSZ = 0x5413;

  /** {@code struct termios} of the kernel: four words of flags, the line and 19 characters. */
  private static final int TERMIOS = 36;

  private static final int CHARACTERS = 17;
  private static final int VTIME = 5;
  private static final int VMIN = 6;

  /** IGNBRK, BRKINT, PARMRK, ISTRIP, INLCR, IGNCR, ICRNL and IXON. */
  private static final int COOKED_INPUT = 1 | 2 | 010 | 040 | 0100 | 0200 | 0400 | 02000;

  /** OPOST. */
  private static final int COOKED_OUTPUT = 1;

  /** ISIG, ICANON, ECHO, ECHONL and IEXTEN. */
  private static final int COOKED_LOCAL = 1 | 2 | 010 | 0100 | 0100000;

  private static final int CSIZE = 060;
  private static final int PARENB = 0400;
  private static final int CS8 = 060;

  private Terminal() {}

  /** What a window shows. */
  public record Size(int rows, int columns) {}

  /** The size of a terminal's window; empty if the descriptor is none or it does not know. */
  public static Optional<Size> size(int fd) {
    try (Scratch s = Scratch.take()) {
      if (Kernel.call(s, Syscall.IOCTL, fd, TIOCGWINSZ, s.struct.address()) < 0) {
        return Optional.empty();
      }
      int rows = Short.toUnsignedInt(s.struct.get(JAVA_SHORT, 0));
      int columns = Short.toUnsignedInt(s.struct.get(JAVA_SHORT, 2));
      return rows == 0 || columns == 0 ? Optional.empty() : Optional.of(new Size(rows, columns));
    }
  }

  /**
   * Lets every byte through as it is typed: no echo, no line to edit, no signal. Closing the result
   * puts back what was; it may be closed by any thread, and more than once.
   *
   * @throws ErrnoException if the descriptor is no terminal
   */
  public static Raw raw(int fd) throws ErrnoException {
    byte[] before = new byte[TERMIOS];
    try (Scratch s = Scratch.take()) {
      Kernel.check(
          Kernel.call(s, Syscall.IOCTL, fd, TCGETS, s.struct.address()), Syscall.IOCTL, "terminal");
      MemorySegment.copy(s.struct, JAVA_BYTE, 0, before, 0, TERMIOS);
      clear(s.struct, 0, COOKED_INPUT);
      clear(s.struct, 4, COOKED_OUTPUT);
      clear(s.struct, 8, CSIZE | PARENB);
      s.struct.set(JAVA_INT, 8, s.struct.get(JAVA_INT, 8) | CS8);
      clear(s.struct, 12, COOKED_LOCAL);
      s.struct.set(JAVA_BYTE, CHARACTERS + VMIN, (byte) 1);
      s.struct.set(JAVA_BYTE, CHARACTERS + VTIME, (byte) 0);
      Kernel.check(
          Kernel.call(s, Syscall.IOCTL, fd, TCSETSW, s.struct.address()),
          Syscall.IOCTL,
          "terminal");
    }
    return new Raw(fd, before);
  }

  private static void clear(MemorySegment termios, long at, int flags) {
    termios.set(JAVA_INT, at, termios.get(JAVA_INT, at) & ~flags);
  }

  /** A terminal that lets every byte through until this is closed. */
  public static final class Raw implements AutoCloseable {
    private final int fd;
    private final byte[] before;

    private Raw(int fd, byte[] before) {
      this.fd = fd;
      this.before = before;
    }

    @Override
    public void close() {
      try (Scratch s = Scratch.take()) {
        MemorySegment.copy(before, 0, s.struct, JAVA_BYTE, 0, TERMIOS);
        // A terminal that is gone needs nothing put back.
        long _ = Kernel.call(s, Syscall.IOCTL, fd, TCSETSW, s.struct.address());
      }
    }
  }
}
