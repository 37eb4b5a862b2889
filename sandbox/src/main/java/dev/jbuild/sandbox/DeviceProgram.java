package dev.jbuild.sandbox;

import java.util.ArrayList;
import java.util.List;

/**
 * The eBPF program that cgroup v2 has in place of a device controller: Docker's rules. Any node may
 * be made; null, zero, full, random, urandom, tty, ptmx and the pseudo terminals may be opened.
 */
final class DeviceProgram {

  private static final int CHARACTER = 2;
  private static final int MAKE_NODE = 1;

  // Opcodes of the kernel's instruction set.
  private static final int LOAD_WORD = 0x61;
  private static final int MOVE_REGISTER = 0xbc;
  private static final int MOVE = 0xb7;
  private static final int AND = 0x54;
  private static final int SHIFT_RIGHT = 0x74;
  private static final int JUMP_NOT_EQUAL = 0x55;
  private static final int EXIT = 0x95;

  private DeviceProgram() {}

  /** {@code struct bpf_insn} in each number, low bytes first. */
  static List<Long> instructions() {
    List<Long> program = new ArrayList<>();
    // r1 is the context {access << 16 | type, major, minor}.
    program.add(instruction(LOAD_WORD, 2, 1, 0, 0));
    program.add(instruction(MOVE_REGISTER, 3, 2, 0, 0));
    program.add(instruction(AND, 2, 0, 0, 0xffff));
    program.add(instruction(SHIFT_RIGHT, 3, 0, 0, 16));
    program.add(instruction(LOAD_WORD, 4, 1, 4, 0));
    program.add(instruction(LOAD_WORD, 5, 1, 8, 0));
    program.add(instruction(JUMP_NOT_EQUAL, 3, 0, 2, MAKE_NODE));
    answer(program, 1);
    for (CharacterDevice device : CharacterDevice.OPEN) {
      program.add(instruction(JUMP_NOT_EQUAL, 2, 0, 4, CHARACTER));
      program.add(instruction(JUMP_NOT_EQUAL, 4, 0, 3, device.major()));
      program.add(instruction(JUMP_NOT_EQUAL, 5, 0, 2, device.minor()));
      answer(program, 1);
    }
    program.add(instruction(JUMP_NOT_EQUAL, 2, 0, 3, CHARACTER));
    program.add(instruction(JUMP_NOT_EQUAL, 4, 0, 2, CharacterDevice.PSEUDO_TERMINAL));
    answer(program, 1);
    answer(program, 0);
    return List.copyOf(program);
  }

  private static void answer(List<Long> program, int value) {
    program.add(instruction(MOVE, 0, 0, 0, value));
    program.add(instruction(EXIT, 0, 0, 0, 0));
  }

  private static long instruction(int code, int to, int from, int offset, int value) {
    return code
        | ((long) (to | (from << 4)) << 8)
        | ((long) (offset & 0xffff) << 16)
        | ((long) value << 32);
  }
}
