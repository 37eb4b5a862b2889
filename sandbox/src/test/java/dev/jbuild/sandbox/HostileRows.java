package dev.jbuild.sandbox;

import java.util.ArrayList;
import java.util.List;

/**
 * Attacks that one shell script can try. It must not print {@code REACHED}, and it must end, so
 * that a row whose attack cannot even be tried is seen. {@code $SECRET} is a file of the
 * executor's, {@code $EXECUTOR} its process, {@code $SOCKET} a socket of its user's.
 */
final class HostileRows {

  private HostileRows() {}

  /** One attack. */
  record Row(String name, String script) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Row attack(String name, String arguments) {
    return new Row(name, "attack " + arguments + "; true");
  }

  static List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    rows.addAll(
        List.of(
            new Row("readFileOfTheHost", "cat $SECRET && echo REACHED; true"),
            new Row(
                "readFileOfTheHostByDotDot",
                "cat ../../../../../../../..$SECRET && echo REACHED; true"),
            new Row(
                "readFileOfTheHostThroughALink",
                "ln -s /../../../..$SECRET /tmp/l; cat /tmp/l && echo REACHED; true"),
            new Row(
                "readFileOfTheHostThroughRootOfInit",
                "cat /proc/1/root$SECRET && echo REACHED; true"),
            new Row(
                "readFileOfTheHostThroughRootOfAnyProcess",
                "for p in /proc/[0-9]*; do cat $p/root$SECRET && echo REACHED; done; true"),
            new Row(
                "readFileOfTheHostThroughCwdOfAnyProcess",
                "for p in 1 $EXECUTOR $PPID; do cat /proc/$p/cwd/../../../../..$SECRET && echo"
                    + " REACHED; done; true"),
            new Row("readEnvironmentOfTheExecutor", "env | grep -i java && echo REACHED; true"),
            new Row(
                "readEnvironmentOfInit",
                "cat /proc/1/environ | grep -q . && ! cat /proc/1/environ | grep -q sealed && echo"
                    + " REACHED; true"),
            new Row(
                "readEnvironmentOfTheExecutorsProcess",
                "cat /proc/$EXECUTOR/environ | grep -q = && echo REACHED; true"),
            new Row(
                "readCommandLineOfTheExecutor",
                "cat /proc/$EXECUTOR/cmdline | grep -q java && echo REACHED; true"),
            new Row(
                "readMapsOfTheExecutor",
                "cat /proc/$EXECUTOR/maps | grep -q . && echo REACHED; true"),
            new Row(
                "readDescriptorsOfTheExecutor",
                "for i in 0 1 2 3 4 5 6; do timeout 1 head -c1 /proc/$EXECUTOR/fd/$i >/dev/null &&"
                    + " echo REACHED; done; true"),
            new Row(
                "readDescriptorsOfInit",
                "for i in 0 3 4 5 6 7 8 9 10 11 12; do timeout 1 head -c1 /proc/1/fd/$i >/dev/null"
                    + " && echo REACHED; done; true"),
            new Row("writeProgramOfInit", "attack write-exe /proc/1/exe; true"),
            new Row("writeProgramOfTheExecutor", "attack write-exe /proc/$EXECUTOR/exe; true"),
            attack("readMemoryOfInit", "open /proc/1/mem"),
            attack("readMemoryOfTheExecutor", "open /proc/$EXECUTOR/mem"),
            attack("readMemoryOfTheParent", "open /proc/$PPID/mem"),
            new Row(
                "readDescriptorsOfTheParent",
                "for i in 0 3 4 5 6 7 8 9 10 11 12; do timeout 1 head -c1 /proc/$PPID/fd/$i"
                    + " >/dev/null && echo REACHED; done; true"),
            new Row(
                "readEnvironmentOfTheParent",
                "cat /proc/$PPID/environ | grep -q . && ! cat /proc/$PPID/environ | grep -q sealed"
                    + " && echo REACHED; true"),
            attack("traceInit", "ptrace 1"),
            attack("traceTheExecutor", "ptrace $EXECUTOR"),
            attack("traceTheParent", "ptrace $PPID"),
            attack("readMemoryOfInitByCall", "vmread 1"),
            attack("readMemoryOfTheExecutorByCall", "vmread $EXECUTOR"),
            attack("takeADescriptorOfInit", "pidfd_getfd 1"),
            attack("takeADescriptorOfTheExecutor", "pidfd_getfd $EXECUTOR"),
            attack("signalTheExecutor", "kill $EXECUTOR"),
            attack("ownTheExecutor", "own $EXECUTOR"),
            attack("ownTheExecutorByStruct", "own-ex $EXECUTOR"),
            attack("ownTheExecutorByIoctl", "own-ioctl $EXECUTOR"),
            new Row("killEveryProcess", "sh -c 'trap \"\" TERM; kill -TERM -1'; true"),
            new Row("killInit", "kill -9 1; kill -STOP 1; true"),
            new Row("killGroupOfTheParent", "kill -TERM -$EXECUTOR; true"),
            attack("keepADescriptor", "fds"),
            attack("keepADescriptorOfAnInterruptedCall", "interrupted"),
            new Row(
                "reopenAFileOfRootsGroupAsAUser",
                "chmod 711 /root; echo x > /root/f; chmod 660 /root/f; attack reopen /root/f;"
                    + " true"),
            new Row(
                "signalRootsProcessesAsAUser",
                "sleep 100 & attack signal-all-as-user 9; kill -0 $! || echo REACHED; kill $!;"
                    + " true"),
            new Row(
                "endProcessesByAskingForThem",
                "sleep 100 & attack signal-all 0; kill -0 $! || echo REACHED; kill $!; true")));
    for (String call :
        List.of(
            "mount",
            "fsopen",
            "open_tree",
            "umount",
            "unshare",
            "unshare-user",
            "clone-user",
            "clone3",
            "pivot_root",
            "keyctl",
            "add_key",
            "bpf",
            "io_uring",
            "userfaultfd",
            "perf",
            "init_module",
            "finit_module",
            "kexec",
            "reboot",
            "swapon",
            "settime",
            "syslog",
            "open_by_handle",
            "iopl",
            "sethostname",
            "personality",
            "vsock",
            "tiocsti",
            "ambient")) {
      rows.add(attack("call-" + call, call));
    }
    rows.addAll(
        List.of(
            attack("enterNamespaceOfInit", "setns /proc/1/ns/net"),
            attack("enterNamespaceOfTheExecutor", "setns /proc/$EXECUTOR/ns/mnt"),
            attack("leaveByChroot", "chroot $SECRET"),
            attack("openBlockDevice", "block 254 0"),
            attack("openLoopDevice", "block 7 0"),
            attack("openMemoryDevice", "char 1 1"),
            attack("openKernelLog", "char 1 11"),
            attack("openFuse", "char 10 229"),
            attack("openKvm", "char 10 232"),
            new Row("writeCorePattern", write("/proc/sys/kernel/core_pattern")),
            new Row("writeModprobePath", write("/proc/sys/kernel/modprobe")),
            new Row("writeHotplug", write("/sys/kernel/uevent_helper")),
            new Row("writeSysrq", write("/proc/sysrq-trigger")),
            new Row("openAnySettingForWriting", openForWriting("/proc/sys")),
            new Row("openAnythingInSysForWriting", openForWriting("/sys")),
            attack("gainCapabilitiesFromAFile", "file-capability"),
            new Row(
                "gainCapabilitiesFromASetuidProgram",
                "cp /bin/attack /tmp/s; chmod 6755 /tmp/s; /tmp/s capabilities; true"),
            attack("connectToASocketOfTheExecutor", "socket $SOCKET"),
            attack("connectToASocketThroughInit", "socket /proc/1/root$SOCKET"),
            new Row(
                "writeReleaseAgent",
                "for f in /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/release_agent; do [ -e $f ]"
                    + " && (echo /x > $f) 2>/dev/null && echo REACHED; done; true"),
            new Row(
                "leaveTheCgroup",
                "for f in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do [ -e $f ]"
                    + " && (echo $$ > $f) 2>/dev/null && echo REACHED; done; true"),
            new Row(
                "readKernelMemory", "head -c 64 /proc/kcore | grep -q ELF && echo REACHED; true"),
            new Row("readKernelKeys", "cat /proc/keys | grep -q . && echo REACHED; true"),
            new Row(
                "writeKernelSetting",
                "(echo 1 > /proc/sys/vm/drop_caches) 2>/dev/null && echo REACHED; true"),
            new Row(
                "writeOomScoreOfTheExecutor",
                "(echo 1000 > /proc/$EXECUTOR/oom_score_adj) 2>/dev/null && echo REACHED; true"),
            new Row(
                "mountTheHostsDisk",
                "mkdir -p /tmp/m; mknod /tmp/d b 254 0; mount /tmp/d /tmp/m && echo REACHED; true"),
            new Row("remountProcWritable", "mount -o remount,rw /proc/sys && echo REACHED; true"),
            new Row("unmountAMask", "umount /proc/kcore && echo REACHED; true"),
            new Row(
                "procThroughAProcessFolder",
                "cd /proc/self && cat ../1/root$SECRET && echo REACHED;"
                    + " cat /proc/self/fd/../../1/root$SECRET && echo REACHED;"
                    + " cat /proc/self/task/../../1/root$SECRET && echo REACHED; true"),
            new Row(
                "goIntoMagicLinksAndUp",
                "exec 5</; for l in cwd root fd/5; do (cd /proc/self/$l/../../../.. && cat"
                    + " ./$SECRET && echo REACHED; cd /proc/$PPID/$l && cat ../..$SECRET && echo"
                    + " REACHED); done; (cd /proc && cat ../../../../..$SECRET && echo REACHED);"
                    + " true"),
            new Row(
                "listProcessesOfTheExecutor",
                "ls /proc | grep -qx $EXECUTOR && cat /proc/$EXECUTOR/comm | grep -q java && echo"
                    + " REACHED; cat /proc/self/.program && echo REACHED; true"),
            new Row(
                "rootOfTheRoot", "cat /proc/self/root/../../../..$SECRET && echo REACHED; true"),
            new Row(
                "linkToProcOfInit",
                "ln -s /proc/1/root /tmp/r; cat /tmp/r$SECRET && echo REACHED; ln -s"
                    + " /proc/$EXECUTOR/cwd /tmp/c; cat /tmp/c/pom.xml && echo REACHED; true")));
    return rows;
  }

  /** Opening alone changes nothing, should it succeed. */
  private static String openForWriting(String folder) {
    return "for f in $(find "
        + folder
        + " -type f 2>/dev/null | head -n 20000); do { true >> $f; } 2>/dev/null && echo REACHED"
        + " $f; done; true";
  }

  private static String write(String file) {
    return "(echo x > "
        + file
        + ") 2>/dev/null && grep -q '^x$' "
        + file
        + " && echo REACHED; true";
  }
}
