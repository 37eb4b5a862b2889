package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.jbuild.failure.BuildFailure;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs compiled filters in an interpreter of their own and compares with the rules. */
class BpfCompilerTest {

  private static final int ALLOW = 0x7fff0000;
  private static final int EPERM = 0x00050001;
  private static final int ENOSYS = 0x00050000 | 38;
  private static final int KILL = 0x80000000;

  /** Classic BPF over {@code struct seccomp_data}. */
  static int run(List<Long> program, int arch, int number, long... args) {
    int accumulator = 0;
    for (int at = 0; ; at++) {
      long instruction = program.get(at);
      int code = (int) (instruction & 0xffff);
      int jt = (int) (instruction >>> 16 & 0xff);
      int jf = (int) (instruction >>> 24 & 0xff);
      int k = (int) (instruction >>> 32);
      switch (code) {
        case 0x20 -> accumulator = load(k, arch, number, args);
        case 0x05 -> at += k;
        case 0x15 -> at += accumulator == k ? jt : jf;
        case 0x25 -> at += Integer.compareUnsigned(accumulator, k) > 0 ? jt : jf;
        case 0x35 -> at += Integer.compareUnsigned(accumulator, k) >= 0 ? jt : jf;
        case 0x54 -> accumulator &= k;
        case 0x06 -> {
          return k;
        }
        default -> throw new IllegalStateException("instruction " + code);
      }
    }
  }

  private static int load(int offset, int arch, int number, long... args) {
    if (offset == 0) {
      return number;
    }
    if (offset == 4) {
      return arch;
    }
    int index = (offset - 16) / 8;
    long value = index < args.length ? args[index] : 0;
    return (int) (offset % 8 == 0 ? value : value >>> 32);
  }

  private static SeccompFilter docker(String arch, List<String> caps) {
    return SeccompProfile.dockerDefault().resolve(caps, arch, "6.1.0");
  }

  record Row(String call, long first, int answer) {}

  static List<Row> rows() {
    return List.of(
        new Row("read", 0, ALLOW),
        new Row("openat", 0, ALLOW),
        new Row("mount", 0, EPERM),
        new Row("unshare", 0, EPERM),
        new Row("setns", 0, EPERM),
        new Row("keyctl", 0, EPERM),
        new Row("bpf", 0, EPERM),
        new Row("io_uring_setup", 0, EPERM),
        new Row("userfaultfd", 0, EPERM),
        new Row("perf_event_open", 0, EPERM),
        new Row("open_by_handle_at", 0, EPERM),
        new Row("chroot", 0, ALLOW),
        new Row("ptrace", 0, ALLOW),
        new Row("clone", 0x11, ALLOW),
        new Row("clone", 0x10000000, EPERM),
        new Row("clone", 0x00020000, EPERM),
        new Row("clone3", 0, ENOSYS),
        new Row("socket", 2, ALLOW),
        new Row("socket", 40, EPERM),
        new Row("personality", 0, ALLOW),
        new Row("personality", 0xffffffffL, ALLOW),
        new Row("personality", 0x0040000, EPERM),
        new Row("personality", 0x1_0000_0000L, EPERM));
  }

  @ParameterizedTest
  @MethodSource("rows")
  void dockersPolicyAnswersAsDocumented(Row row) {
    for (Map.Entry<String, SyscallTable> arch :
        Map.of("amd64", SyscallTable.X86_64, "aarch64", SyscallTable.AARCH64).entrySet()) {
      List<Long> program = BpfCompiler.compile(docker(arch.getKey(), DefaultSpec.CAPABILITIES));
      int number = arch.getValue().numbers().getOrDefault(row.call, -1);
      assertThat(run(program, arch.getValue().audit(), number, row.first)).isEqualTo(row.answer);
    }
  }

  @ParameterizedTest
  @EnumSource(SyscallTable.class)
  void everyNumberAnswersAsItsRulesSay(SyscallTable table) {
    String arch = table.name().startsWith("X86") ? "amd64" : "aarch64";
    SeccompFilter seccomp = docker(arch, DefaultSpec.CAPABILITIES);
    List<Long> program = BpfCompiler.compile(seccomp);
    assertThat(program).hasSizeLessThan(4096);
    for (Map.Entry<String, Integer> call : table.numbers().entrySet()) {
      boolean unconditional =
          seccomp.syscalls().stream()
              .anyMatch(r ->
                  r.names().contains(call.getKey())
                      && r.args().isEmpty()
                      && r.action().equals("SCMP_ACT_ALLOW"));
      boolean named = seccomp.syscalls().stream().anyMatch(r -> r.names().contains(call.getKey()));
      int answer = run(program, table.audit(), call.getValue());
      if (unconditional) {
        assertThat(answer).as(call.getKey()).isEqualTo(ALLOW);
      } else if (!named) {
        assertThat(answer).as(call.getKey()).isIn(EPERM, ENOSYS);
      }
    }
  }

  @Test
  void callNewerThanThePolicyDoesNotExist() {
    List<Long> program = BpfCompiler.compile(docker("amd64", DefaultSpec.CAPABILITIES));
    assertThat(run(program, SyscallTable.X86_64.audit(), 900)).isEqualTo(ENOSYS);
    assertThat(run(program, SyscallTable.X86_64.audit(), 0x40000000)).isEqualTo(ENOSYS);
  }

  @Test
  void foreignArchitectureIsKilled() {
    List<Long> program = BpfCompiler.compile(docker("amd64", DefaultSpec.CAPABILITIES));
    assertThat(run(program, SyscallTable.AARCH64.audit(), 63)).isEqualTo(KILL);
  }

  @Test
  void capabilityOpensItsCalls() {
    List<Long> program = BpfCompiler.compile(docker("amd64", Capability.names()));
    for (String call : List.of("mount", "unshare", "clone3", "reboot", "open_by_handle_at")) {
      assertThat(
              run(
                  program,
                  SyscallTable.X86_64.audit(),
                  SyscallTable.X86_64.numbers().getOrDefault(call, -1),
                  0x10000000))
          .as(call)
          .isEqualTo(ALLOW);
    }
  }

  @Test
  void comparisonsAreThoseOf64BitUnsignedNumbers() {
    SplittableRandom random = new SplittableRandom(7);
    long[] interesting = {0, 1, 0xffffffffL, 0x1_0000_0000L, -1, 1L << 63, 0x1_0000_0001L};
    for (String op : List.of("EQ", "NE", "LT", "LE", "GE", "GT", "MASKED_EQ")) {
      for (int i = 0; i < 400; i++) {
        long value = pick(random, interesting);
        long two = op.equals("MASKED_EQ") ? pick(random, interesting) & value : 0;
        long arg = pick(random, interesting);
        List<Long> program =
            BpfCompiler.compile(
                new SeccompFilter(
                    "SCMP_ACT_ERRNO",
                    null,
                    List.of("SCMP_ARCH_X86_64"),
                    List.of(),
                    List.of(
                        new SeccompFilter.Syscall(
                            List.of("read"),
                            "SCMP_ACT_ALLOW",
                            null,
                            List.of(new SeccompFilter.Arg(1, value, two, "SCMP_CMP_" + op))))));
        int order = Long.compareUnsigned(arg, value);
        boolean holds =
            switch (op) {
              case "EQ" -> order == 0;
              case "NE" -> order != 0;
              case "LT" -> order < 0;
              case "LE" -> order <= 0;
              case "GE" -> order >= 0;
              case "GT" -> order > 0;
              default -> (arg & value) == two;
            };
        assertThat(run(program, SyscallTable.X86_64.audit(), 0, 0, arg))
            .as("%x %s %x %x", arg, op, value, two)
            .isEqualTo(holds ? ALLOW : EPERM);
      }
    }
  }

  private static long pick(SplittableRandom random, long... values) {
    return random.nextInt(4) == 0 ? random.nextLong() : values[random.nextInt(values.length)];
  }

  @Test
  void profileInTheFormatOfDockerIsRead() {
    SeccompProfile profile =
        SeccompProfile.parse(
            "p.json",
            """
            {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
             "syscalls": [{"name": "mkdir", "action": "SCMP_ACT_ERRNO", "errnoRet": 5, "args": null}]}
            """
                .getBytes(StandardCharsets.UTF_8));
    List<Long> program =
        BpfCompiler.compile(profile.resolve(DefaultSpec.CAPABILITIES, "amd64", "6.1"));
    assertThat(run(program, SyscallTable.X86_64.audit(), 83)).isEqualTo(0x00050005);
    assertThat(run(program, SyscallTable.X86_64.audit(), 84)).isEqualTo(ALLOW);
    assertThat(run(program, SyscallTable.X86_64.audit(), 9999)).isEqualTo(ALLOW);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "[]|it is no JSON object",
        "{\"defaultAction\": 7}|\"defaultAction\" is no text: 7",
        "{\"defaultAction\": \"A\", \"syscalls\": {}}|\"syscalls\" is no list: {}",
        "{\"defaultAction\": \"A\", \"syscalls\": [{\"names\": [1]}]}|\"names\" has what is no"
            + " text: 1",
        "{\"defaultAction\": \"A\", \"syscalls\": [{}]}|\"action\" is missing in {}",
        "{\"defaultAction\": \"A\", \"defaultErrnoRet\": 1.5}"
            + "|\"defaultErrnoRet\" is no whole number: 1.5",
      })
  void whatIsNoProfileIsTold(String json, String why) {
    assertThatThrownBy(() -> SeccompProfile.parse("p.json", json.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(BuildFailure.class)
        .hasMessage("seccomp profile \"p.json\" cannot be read: " + why);
  }

  @Test
  void aValueOfAProfileMayHaveAllOf64Bits() {
    SeccompProfile profile =
        SeccompProfile.parse(
            "p.json",
            """
            {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO",
             "args": [{"index": 0, "value": 18446744073709551615, "op": "SCMP_CMP_EQ"}]}]}
            """
                .getBytes(StandardCharsets.UTF_8));
    SeccompFilter resolved = profile.resolve(DefaultSpec.CAPABILITIES, "amd64", "6.1");
    assertThat(resolved.syscalls().getFirst().args().getFirst().value()).isEqualTo(-1L);
  }
}
