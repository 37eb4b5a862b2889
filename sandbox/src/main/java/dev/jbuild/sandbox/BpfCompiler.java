package dev.jbuild.sandbox;

import dev.jbuild.failure.BuildFailure;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Compiles a filter of the runtime spec to the classic BPF that the kernel runs before every system
 * call.
 *
 * <p>The program first tells the architecture apart (a 32-bit program has other numbers), then
 * finds the number by binary search over ranges that share an answer, so that a call costs some
 * eight comparisons; only calls with conditions look at arguments. A call of an architecture that
 * the filter does not name kills the process. A call that is newer than every one the filter knows
 * answers ENOSYS instead of the default EPERM, so that C libraries fall back to older calls, as
 * runc does it.
 *
 * <p>Rules of one call are tried in order; an unconditional one decides. libseccomp orders them
 * itself, which gives the same answers unless rules with different actions overlap.
 */
final class BpfCompiler {

  private static final int ENOSYS = 38;
  private static final int EPERM = 1;
  private static final int MAX_INSTRUCTIONS = 4096;

  private static final int LD_ABS = 0x20;
  private static final int JA = 0x05;
  private static final int JEQ = 0x15;
  private static final int JGT = 0x25;
  private static final int JGE = 0x35;
  private static final int AND = 0x54;
  private static final int RET = 0x06;

  private static final int OFFSET_NR = 0;
  private static final int OFFSET_ARCH = 4;
  private static final int OFFSET_ARGS = 16;

  private static final int ALLOW = 0x7fff0000;
  private static final int KILL_PROCESS = 0x80000000;

  /** {@code struct sock_filter}. */
  private record Instruction(int code, int jt, int jf, int k) {
    long encode() {
      return code | ((long) jt << 16) | ((long) jf << 24) | ((long) k << 32);
    }
  }

  /** Numbers from one on share what the body answers. */
  private record Range(int from, List<Instruction> body) {}

  private BpfCompiler() {}

  /**
   * The program, one {@code struct sock_filter} in each number, low bytes first.
   *
   * @throws BuildFailure of kind UNSUPPORTED if the filter uses what is not known here
   */
  static List<Long> compile(SeccompFilter seccomp) {
    List<Instruction> program = new ArrayList<>();
    program.add(new Instruction(LD_ABS, 0, 0, OFFSET_ARCH));
    for (String name : seccomp.architectures()) {
      SyscallTable table =
          SyscallTable.of(name)
              .orElseThrow(() ->
                  new BuildFailure(
                      BuildFailure.Kind.UNSUPPORTED,
                      "seccomp architecture \"" + name + "\" is not supported"));
      List<Instruction> part = architecture(seccomp, table);
      program.add(new Instruction(JEQ, 1, 0, table.audit()));
      program.add(new Instruction(JA, 0, 0, part.size()));
      program.addAll(part);
    }
    program.add(ret(KILL_PROCESS));
    if (program.size() > MAX_INSTRUCTIONS) {
      throw new BuildFailure(
          BuildFailure.Kind.UNSUPPORTED,
          "seccomp filter has "
              + program.size()
              + " instructions, and the kernel takes "
              + MAX_INSTRUCTIONS);
    }
    return program.stream().map(Instruction::encode).toList();
  }

  private static List<Instruction> architecture(SeccompFilter seccomp, SyscallTable table) {
    TreeMap<Integer, List<SeccompFilter.Syscall>> rules = new TreeMap<>();
    for (SeccompFilter.Syscall rule : seccomp.syscalls()) {
      for (String name : rule.names()) {
        Integer number = table.numbers().get(name);
        if (number != null) { // a call that this architecture does not have
          rules.computeIfAbsent(number, _ -> new ArrayList<>()).add(rule);
        }
      }
    }
    Instruction other = ret(action(seccomp.defaultAction(), seccomp.defaultErrnoRet(), EPERM));
    List<Range> ranges = new ArrayList<>();
    ranges.add(new Range(0, List.of(other)));
    for (Map.Entry<Integer, List<SeccompFilter.Syscall>> entry : rules.entrySet()) {
      add(ranges, entry.getKey(), body(entry.getValue(), other));
      add(ranges, entry.getKey() + 1, List.of(other));
    }
    if (action(seccomp.defaultAction(), seccomp.defaultErrnoRet(), EPERM) != ALLOW
        && !rules.isEmpty()) {
      // Also answers x32 calls, whose numbers have bit 30 set.
      int newest =
          table.numbers().values().stream()
              .filter(n -> n < 0xf0000 && n <= rules.floorKey(0xeffff))
              .max(Integer::compare)
              .orElse(0);
      ranges.removeIf(range -> range.from > newest && range.from < 0xf0000);
      add(ranges, newest + 1, List.of(ret(0x00050000 | ENOSYS)));
      ranges.sort(Comparator.comparingInt(Range::from));
    }
    List<Instruction> part = new ArrayList<>();
    part.add(new Instruction(LD_ABS, 0, 0, OFFSET_NR));
    part.addAll(search(ranges));
    return part;
  }

  private static void add(List<Range> ranges, int from, List<Instruction> body) {
    Range last = ranges.getLast();
    if (last.from == from) {
      ranges.removeLast();
    }
    if (ranges.isEmpty() || !ranges.getLast().body.equals(body)) {
      ranges.add(new Range(from, body));
    }
  }

  private static List<Instruction> search(List<Range> ranges) {
    if (ranges.size() == 1) {
      return ranges.getFirst().body;
    }
    int middle = ranges.size() / 2;
    List<Instruction> low = search(ranges.subList(0, middle));
    List<Instruction> high = search(ranges.subList(middle, ranges.size()));
    List<Instruction> tree = new ArrayList<>();
    int pivot = ranges.get(middle).from;
    if (low.size() <= 255) {
      tree.add(new Instruction(JGE, low.size(), 0, pivot));
    } else { // conditional jumps reach 255 instructions far
      tree.add(new Instruction(JGE, 0, 1, pivot));
      tree.add(new Instruction(JA, 0, 0, low.size()));
    }
    tree.addAll(low);
    tree.addAll(high);
    return tree;
  }

  private static List<Instruction> body(List<SeccompFilter.Syscall> rules, Instruction other) {
    List<Instruction> body = new ArrayList<>();
    for (SeccompFilter.Syscall rule : rules) {
      Instruction answer = ret(action(rule.action(), rule.errnoRet(), EPERM));
      if (rule.args().isEmpty()) {
        return List.of(answer);
      }
      List<Instruction> conditions = new ArrayList<>();
      List<SeccompFilter.Arg> args = rule.args();
      // Backwards, since a failed condition jumps over all that follow and the answer.
      for (int i = args.size() - 1; i >= 0; i--) {
        conditions.addAll(0, condition(args.get(i), conditions.size() + 1));
      }
      body.addAll(conditions);
      body.add(answer);
    }
    body.add(other);
    return List.copyOf(body);
  }

  /** One comparison of 64 bits; falls through where it holds, else skips what follows. */
  private static List<Instruction> condition(SeccompFilter.Arg arg, int skip) {
    int high = (int) (arg.value() >>> 32);
    int low = (int) arg.value();
    Instruction loadHigh = new Instruction(LD_ABS, 0, 0, OFFSET_ARGS + 8 * arg.index() + 4);
    Instruction loadLow = new Instruction(LD_ABS, 0, 0, OFFSET_ARGS + 8 * arg.index());
    return switch (arg.op()) {
      case "SCMP_CMP_EQ" ->
          List.of(
              loadHigh,
              new Instruction(JEQ, 0, skip + 2, high),
              loadLow,
              new Instruction(JEQ, 0, skip, low));
      case "SCMP_CMP_NE" ->
          List.of(
              loadHigh,
              new Instruction(JEQ, 0, 2, high),
              loadLow,
              new Instruction(JEQ, skip, 0, low));
      case "SCMP_CMP_MASKED_EQ" ->
          List.of(
              loadHigh,
              new Instruction(AND, 0, 0, high),
              new Instruction(JEQ, 0, skip + 3, (int) (arg.valueTwo() >>> 32)),
              loadLow,
              new Instruction(AND, 0, 0, low),
              new Instruction(JEQ, 0, skip, (int) arg.valueTwo()));
      case "SCMP_CMP_GT" -> ordered(loadHigh, loadLow, JGT, high, low, skip, false);
      case "SCMP_CMP_GE" -> ordered(loadHigh, loadLow, JGE, high, low, skip, false);
      case "SCMP_CMP_LE" -> ordered(loadHigh, loadLow, JGT, high, low, skip, true);
      case "SCMP_CMP_LT" -> ordered(loadHigh, loadLow, JGE, high, low, skip, true);
      default ->
          throw new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED,
              "seccomp comparison \"" + arg.op() + "\" is not supported");
    };
  }

  private static List<Instruction> ordered(
      Instruction loadHigh,
      Instruction loadLow,
      int compareLow,
      int high,
      int low,
      int skip,
      boolean negated) {
    return List.of(
        loadHigh,
        new Instruction(JGT, negated ? skip + 3 : 3, 0, high),
        new Instruction(JEQ, 0, negated ? 2 : skip + 2, high),
        loadLow,
        negated
            ? new Instruction(compareLow, skip, 0, low)
            : new Instruction(compareLow, 0, skip, low));
  }

  private static Instruction ret(int value) {
    return new Instruction(RET, 0, 0, value);
  }

  private static int action(String name, @Nullable Integer errno, int ifAbsent) {
    int data = errno == null ? ifAbsent : errno;
    return switch (name) {
      case "SCMP_ACT_ALLOW" -> ALLOW;
      case "SCMP_ACT_ERRNO" -> 0x00050000 | (data & 0xffff);
      case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD" -> 0;
      case "SCMP_ACT_KILL_PROCESS" -> KILL_PROCESS;
      case "SCMP_ACT_TRAP" -> 0x00030000;
      case "SCMP_ACT_LOG" -> 0x7ffc0000;
      case "SCMP_ACT_NOTIFY" -> 0x7fc00000;
      default ->
          throw new BuildFailure(
              BuildFailure.Kind.UNSUPPORTED, "seccomp action \"" + name + "\" is not supported");
    };
  }
}
