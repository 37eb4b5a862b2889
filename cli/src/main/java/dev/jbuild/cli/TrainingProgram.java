package dev.jbuild.cli;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HexFormat;

/** A program that needs nothing but the kernel, for a RUN step on an empty base image. */
final class TrainingProgram {
  private static final int HEADERS = 64 + 56;
  private static final long BASE = 0x400000;

  private TrainingProgram() {}

  /** A static ELF executable for this machine that ends with exit code 0 at once. */
  static byte[] exitsWithZero() {
    boolean arm = System.getProperty("os.arch").equals("aarch64");
    byte[] code =
        HexFormat.of()
            .parseHex(
                arm
                    // mov x0, #0; mov x8, #93 (exit); svc #0
                    ? "000080d2" + "a80b80d2" + "010000d4"
                    // xor edi, edi; mov eax, 60 (exit); syscall
                    : "31ff" + "b83c000000" + "0f05");
    short machine = (short) (arm ? 183 : 62);
    int size = HEADERS + code.length;
    return ByteBuffer.allocate(size)
        .order(ByteOrder.LITTLE_ENDIAN)
        // Elf64_Ehdr: 64-bit, little-endian, version 1; ET_EXEC
        .put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
        .putShort((short) 2)
        .putShort(machine)
        .putInt(1)
        .putLong(BASE + HEADERS)
        .putLong(64)
        .putLong(0)
        .putInt(0)
        .putShort((short) 64)
        .putShort((short) 56)
        .putShort((short) 1)
        .putShort((short) 0)
        .putShort((short) 0)
        .putShort((short) 0)
        // Elf64_Phdr: PT_LOAD, readable and executable, the whole file
        .putInt(1)
        .putInt(5)
        .putLong(0)
        .putLong(BASE)
        .putLong(BASE)
        .putLong(size)
        .putLong(size)
        .putLong(0x1000)
        .put(code)
        .array();
  }
}
