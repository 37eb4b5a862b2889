package dev.jbuild.sandbox;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Tightens a policy for tier C, where a step shares the view of processes and, for root, the user
 * id with its executor, and /proc is answered from outside ({@code chroot.c}).
 *
 * <p>What a call answers is the stricter of the two: what is allowed here is answered as the policy
 * says, and what the policy refuses is not answered from outside either.
 */
final class ChrootPolicy {

  private static final String ALLOW = "SCMP_ACT_ALLOW";
  private static final String NOTIFY = "SCMP_ACT_NOTIFY";
  private static final String LOG = "SCMP_ACT_LOG";
  private static final String REFUSE = "SCMP_ACT_ERRNO";
  private static final int EPERM = 1;

  /** Holds for every argument: unlike a rule without conditions it leaves those before it alone. */
  private static final SeccompFilter.Arg ANY = new SeccompFilter.Arg(0, 0, 0, "SCMP_CMP_MASKED_EQ");

  /** Calls with a path that may lead to /proc, and calls that signal by number: see chroot.c. */
  private static final List<String> ANSWERED =
      List.of(
          "open",
          "openat",
          "openat2",
          "stat",
          "lstat",
          "newfstatat",
          "statx",
          "access",
          "faccessat",
          "faccessat2",
          "readlink",
          "readlinkat",
          "chdir",
          "execve",
          "execveat",
          "kill",
          "tkill",
          "tgkill",
          "rt_sigqueueinfo",
          "rt_tgsigqueueinfo");

  /**
   * Calls that could touch the executor, which shares the view of processes and, for root, the user
   * id with the step.
   */
  private static final Set<String> REFUSED =
      Set.of(
          "ptrace",
          "process_vm_readv",
          "process_vm_writev",
          "kcmp",
          "pidfd_getfd",
          // a chroot inside a chroot is the way out of both
          "chroot");

  /** Refused as if the kernel did not have them, so that programs fall back to kill. */
  private static final Set<String> ABSENT =
      Set.of("pidfd_open", "pidfd_send_signal", "process_mrelease");

  /** Calls whose first argument, a process, must be the caller itself. */
  private static final Set<String> OWN_ONLY =
      Set.of(
          "prlimit64",
          "sched_setaffinity",
          "sched_setscheduler",
          "sched_setparam",
          "sched_setattr");

  /** fcntl(2): who is signalled when a file is ready, by number and by a struct. */
  private static final int F_SETOWN = 8;

  private static final int F_SETOWN_EX = 15;

  /** ioctl(2): FIOSETOWN and SIOCSPGRP, which do the same. */
  private static final List<Integer> OWNER_REQUESTS = List.of(0x8901, 0x8902);

  /** Nodes that may be made: overlay's whiteout, and those of every /dev. */
  private static final List<Long> NODES =
      Stream.concat(Stream.of(0L), CharacterDevice.OPEN.stream().map(CharacterDevice::number))
          .toList();

  private static final int FILE_TYPE = 0170000;
  private static final int CHARACTER_DEVICE = 0020000;
  private static final int[] HARMLESS_TYPES = {0, 0010000, 0100000, 0140000};

  private static final int ENOSYS = 38;

  private ChrootPolicy() {}

  /** The policy, tightened; for the machine's own architecture only, whose calls chroot.c knows. */
  static SeccompFilter jail(SeccompFilter policy) {
    Map<String, List<SeccompFilter.Syscall>> own = new LinkedHashMap<>();
    ANSWERED.forEach(call -> own.put(call, List.of(rule(call, NOTIFY, null, List.of()))));
    REFUSED.forEach(call -> own.put(call, List.of(rule(call, REFUSE, EPERM, List.of()))));
    ABSENT.forEach(call -> own.put(call, List.of(rule(call, REFUSE, ENOSYS, List.of()))));
    OWN_ONLY.forEach(call -> own.put(call, only(call, List.of(equal(0, 0)))));
    // which must be PRIO_PROCESS or IOPRIO_WHO_PROCESS, who the caller
    own.put("setpriority", only("setpriority", List.of(equal(0, 0), equal(1, 0))));
    own.put("ioprio_set", only("ioprio_set", List.of(equal(0, 1), equal(1, 0))));
    own.put("mknod", nodes("mknod", 1));
    own.put("mknodat", nodes("mknodat", 2));
    own.putAll(owners());
    List<SeccompFilter.Syscall> rules = new ArrayList<>();
    own.values().forEach(of -> rules.addAll(both(of, policy)));
    for (SeccompFilter.Syscall rule : policy.syscalls()) {
      List<String> names = rule.names().stream().filter(n -> !own.containsKey(n)).toList();
      if (!names.isEmpty()) {
        rules.add(new SeccompFilter.Syscall(names, rule.action(), rule.errnoRet(), rule.args()));
      }
    }
    return new SeccompFilter(
        policy.defaultAction(),
        policy.defaultErrnoRet(),
        policy.architectures().subList(0, 1),
        policy.flags(),
        rules);
  }

  /** The rules of one call, each of which that allows it asks the policy, too. */
  private static List<SeccompFilter.Syscall> both(
      List<SeccompFilter.Syscall> own, SeccompFilter policy) {
    List<SeccompFilter.Syscall> asked = of(own.getFirst().names().getFirst(), policy);
    List<SeccompFilter.Syscall> rules = new ArrayList<>();
    for (SeccompFilter.Syscall mine : own) {
      if (mine.action().equals(REFUSE)) {
        rules.add(mine);
        continue;
      }
      for (SeccompFilter.Syscall theirs : asked) {
        List<SeccompFilter.Arg> args = new ArrayList<>(mine.args());
        args.addAll(theirs.args());
        boolean answered =
            mine.action().equals(NOTIFY)
                && (theirs.action().equals(ALLOW) || theirs.action().equals(LOG));
        rules.add(
            rule(
                mine.names().getFirst(),
                answered ? NOTIFY : theirs.action(),
                answered ? null : theirs.errnoRet(),
                args));
      }
    }
    if (rules.size() == 1) {
      return rules;
    }
    return rules.stream()
        .map(rule ->
            rule.args().isEmpty()
                ? rule(rule.names().getFirst(), rule.action(), rule.errnoRet(), List.of(ANY))
                : rule)
        .toList();
  }

  /** What a policy says of a call, in order, the last one without conditions. */
  private static List<SeccompFilter.Syscall> of(String call, SeccompFilter policy) {
    List<SeccompFilter.Syscall> rules = new ArrayList<>();
    for (SeccompFilter.Syscall rule : policy.syscalls()) {
      if (rule.names().contains(call)) {
        if (rule.args().isEmpty()) {
          return List.of(rule);
        }
        rules.add(rule);
      }
    }
    rules.add(rule(call, policy.defaultAction(), policy.defaultErrnoRet(), List.of()));
    return rules;
  }

  /** Allowed where the conditions hold, whatever the policy's default. */
  private static List<SeccompFilter.Syscall> only(String call, List<SeccompFilter.Arg> when) {
    return List.of(rule(call, ALLOW, null, when), rule(call, REFUSE, EPERM, List.of()));
  }

  /** No device controller can be had here, so that devices are kept from being made. */
  private static List<SeccompFilter.Syscall> nodes(String call, int mode) {
    List<SeccompFilter.Syscall> rules = new ArrayList<>();
    for (int type : HARMLESS_TYPES) {
      rules.add(rule(call, ALLOW, null, List.of(type(mode, type))));
    }
    for (long node : NODES) {
      rules.add(
          rule(call, ALLOW, null, List.of(type(mode, CHARACTER_DEVICE), equal(mode + 1, node))));
    }
    rules.add(rule(call, REFUSE, EPERM, List.of()));
    return rules;
  }

  /**
   * A file's owner gets a signal of the caller's choice, SIGKILL too; for root it may be any
   * process. The number of F_SETOWN is judged outside; what is in memory could change meanwhile.
   */
  private static Map<String, List<SeccompFilter.Syscall>> owners() {
    List<SeccompFilter.Syscall> requests = new ArrayList<>();
    for (int request : OWNER_REQUESTS) {
      requests.add(rule("ioctl", REFUSE, EPERM, List.of(request(request))));
    }
    requests.add(rule("ioctl", ALLOW, null, List.of()));
    return Map.of(
        "ioctl",
        requests,
        "fcntl",
        List.of(
            rule("fcntl", NOTIFY, null, List.of(request(F_SETOWN))),
            rule("fcntl", REFUSE, EPERM, List.of(request(F_SETOWN_EX))),
            rule("fcntl", ALLOW, null, List.of())));
  }

  private static SeccompFilter.Syscall rule(
      String call, String action, @Nullable Integer errno, List<SeccompFilter.Arg> when) {
    return new SeccompFilter.Syscall(List.of(call), action, errno, when);
  }

  /** The second argument, of which the kernel takes 32 bits. */
  private static SeccompFilter.Arg request(int value) {
    return new SeccompFilter.Arg(1, 0xffffffffL, value, "SCMP_CMP_MASKED_EQ");
  }

  private static SeccompFilter.Arg type(int index, int type) {
    return new SeccompFilter.Arg(index, FILE_TYPE, type, "SCMP_CMP_MASKED_EQ");
  }

  private static SeccompFilter.Arg equal(int index, long value) {
    return new SeccompFilter.Arg(index, value, 0, "SCMP_CMP_EQ");
  }
}
