package dev.jbuild.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs the tightened policy in the interpreter of {@link BpfCompilerTest}. */
class ChrootPolicyTest {
  private static final int ALLOW = 0x7fff0000;
  private static final int NOTIFY = 0x7fc00000;
  private static final int ERRNO = 0x00050000;

  private static String answer(SeccompFilter policy, String call, long... args) {
    SyscallTable table = SyscallTable.X86_64;
    int number = table.numbers().getOrDefault(call, -1);
    assertThat(number).as(call).isNotNegative();
    int answer =
        BpfCompilerTest.run(
            BpfCompiler.compile(ChrootPolicy.jail(policy)), table.audit(), number, args);
    return switch (answer) {
      case ALLOW -> "allow";
      case NOTIFY -> "notify";
      default -> "errno " + (answer - ERRNO);
    };
  }

  private static SeccompFilter policy(String byDefault, SeccompFilter.Syscall... rules) {
    return new SeccompFilter(
        byDefault, null, List.of("SCMP_ARCH_X86_64"), List.of(), List.of(rules));
  }

  @ParameterizedTest
  @CsvSource({
    "openat, 0, 0, 0, notify",
    "execve, 0, 0, 0, notify",
    "kill, 0, 0, 0, notify",
    "rt_tgsigqueueinfo, 0, 0, 0, notify",
    "read, 0, 0, 0, allow",
    "mount, 0, 0, 0, errno 1",
    "ptrace, 0, 0, 0, errno 1",
    "chroot, 0, 0, 0, errno 1",
    "pidfd_open, 0, 0, 0, errno 38",
    "fcntl, 0, 1, 0, allow",
    "fcntl, 0, 8, 1, notify",
    "fcntl, 0, 15, 1, errno 1",
    "ioctl, 0, 0x5412, 0, allow",
    "ioctl, 0, 0x8901, 0, errno 1",
    "ioctl, 0, 0x8902, 0, errno 1",
    "prlimit64, 0, 7, 0, allow",
    "prlimit64, 1, 7, 0, errno 1",
    "sched_setaffinity, 0, 8, 0, allow",
    "sched_setaffinity, 1, 8, 0, errno 1",
    "setpriority, 0, 0, 5, allow",
    "setpriority, 0, 1, 5, errno 1",
    "setpriority, 2, 0, 5, errno 1",
    "ioprio_set, 1, 0, 5, allow",
    "ioprio_set, 1, 1, 5, errno 1",
    "mknod, 0, 0x11a4, 0, allow",
    "mknod, 0, 0x21a4, 0x103, allow",
    "mknod, 0, 0x21a4, 0x101, errno 1",
    "mknod, 0, 0x61a4, 0x800, errno 1",
  })
  void dockersPolicyIsTightened(String call, String a, String b, String c, String answer) {
    assertThat(
            answer(
                SeccompProfile.dockerDefault().resolve(DefaultSpec.CAPABILITIES, "amd64", "6.1.0"),
                call,
                Long.decode(a),
                Long.decode(b),
                Long.decode(c)))
        .isEqualTo(answer);
  }

  /** As a policy that forbids a few calls and allows all others, which some write by hand. */
  @ParameterizedTest
  @CsvSource({
    "openat, 0, 0, 0, notify",
    "ptrace, 0, 0, 0, errno 1",
    "pidfd_open, 0, 0, 0, errno 38",
    "fcntl, 0, 8, 1, notify",
    "prlimit64, 0, 7, 0, allow",
    "prlimit64, 1, 7, 0, errno 1",
    "sched_setaffinity, 1, 8, 0, errno 1",
    "setpriority, 0, 1, 5, errno 1",
    "ioprio_set, 1, 1, 5, errno 1",
    "mknod, 0, 0x61a4, 0x800, errno 1",
    "mknod, 0, 0x21a4, 0x103, allow",
  })
  void policyThatAllowsByDefaultIsTightened(
      String call, String a, String b, String c, String answer) {
    assertThat(
            answer(policy("SCMP_ACT_ALLOW"), call, Long.decode(a), Long.decode(b), Long.decode(c)))
        .isEqualTo(answer);
  }

  @ParameterizedTest
  @CsvSource({
    "fcntl, 1",
    "fcntl, 8",
    "ioctl, 0x5412",
    "mknod, 0x1000",
    "openat, 0",
    "kill, 0",
    "sched_setaffinity, 0",
    "setpriority, 0",
    "ioprio_set, 0",
    "prlimit64, 0"
  })
  void whatThePolicyRefusesStaysRefused(String call, String second) {
    for (String byDefault : List.of("SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO")) {
      SeccompFilter.Syscall rule =
          new SeccompFilter.Syscall(List.of(call), "SCMP_ACT_ERRNO", 13, List.of());
      long first = call.equals("ioprio_set") ? 1 : 0;
      assertThat(answer(policy(byDefault, rule), call, first, Long.decode(second), 0))
          .isEqualTo("errno 13");
    }
    assertThat(answer(policy("SCMP_ACT_ERRNO"), call, 0, Long.decode(second), 0))
        .isEqualTo("errno 1");
  }

  @ParameterizedTest
  @CsvSource({
    "ioctl, 0, 0x5412, 0x5412, errno 13", // TIOCSTI
    "ioctl, 0, 0x5413, 0x5412, allow",
    "ioctl, 0, 0x8901, 0x5412, errno 1",
    "fcntl, 0, 8, 8, errno 13",
    "fcntl, 0, 8, 9, notify",
    "fcntl, 0, 9, 9, errno 13",
    "setpriority, 0, 0, 0, errno 13",
    "setpriority, 0, 0, 1, allow",
    "mknod, 0, 0x11a4, 0x11a4, errno 13",
    "mknod, 0, 0x11a4, 0x11a5, allow",
    "openat, 0, 7, 7, errno 13",
    "openat, 0, 8, 7, notify",
  })
  void conditionsOfThePolicyHold(
      String call, String first, String second, String refused, String answer) {
    SeccompFilter.Syscall rule =
        new SeccompFilter.Syscall(
            List.of("read", call),
            "SCMP_ACT_ERRNO",
            13,
            List.of(new SeccompFilter.Arg(1, Long.decode(refused), 0, "SCMP_CMP_EQ")));
    assertThat(
            answer(policy("SCMP_ACT_ALLOW", rule), call, Long.decode(first), Long.decode(second)))
        .isEqualTo(answer);
  }

  /** A rule without conditions decides, also where it follows one with conditions. */
  @ParameterizedTest
  @CsvSource({"ioctl, allow", "openat, notify"})
  void ruleWithoutConditionsDecides(String call, String answer) {
    SeccompFilter.Syscall sometimes =
        new SeccompFilter.Syscall(
            List.of(call),
            "SCMP_ACT_ERRNO",
            13,
            List.of(new SeccompFilter.Arg(1, 7, 0, "SCMP_CMP_EQ")));
    SeccompFilter.Syscall always =
        new SeccompFilter.Syscall(List.of(call), "SCMP_ACT_ALLOW", null, List.of());
    assertThat(answer(policy("SCMP_ACT_ERRNO", sometimes, always), call, 0, 7)).isEqualTo(answer);
  }
}
