/* The program's verbs, and how it begins: as a sealed copy of itself, with a plan. */
#include "init.h"

#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/memfd.h>
#include <linux/mman.h>

#define AT_FDCWD_ (-100)
#define MAX_PLAN (256u << 20)

_Noreturn void refuse(const char *why) {
  sys(write, 2, "jbuild-init: ", 13);
  sys(write, 2, why, strlen(why));
  sys(write, 2, "\n", 1);
  leave(125);
}

static void read_fully(uint8_t *to, size_t length) {
  while (length) {
    long n = sys(read, 0, to, length);
    if (n == -EINTR) continue;
    if (n <= 0) refuse("the plan ends early");
    to += n;
    length -= (size_t)n;
  }
}

/* Continues as a sealed copy of itself in memory. A step that gets hold of the
 * launcher's program, say as the interpreter of a script (/proc/self/exe,
 * CVE-2019-5736), then holds something that nobody can write to. */
static void become_copy(char **argv, char **envp) {
  if (envp[0] && same(envp[0], "JBUILD_INIT=sealed")) return;
  long self = sys(openat, AT_FDCWD_, "/proc/self/exe", O_RDONLY | O_CLOEXEC);
  if (self < 0) refuse("/proc/self/exe cannot be read");
  long copy = sys(memfd_create, "jbuild-init", MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x10 /* MFD_EXEC */);
  if (copy == -EINVAL) /* before Linux 6.3 */
    copy = sys(memfd_create, "jbuild-init", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (copy < 0) refuse("memfd_create is refused");
  long n;
  while ((n = sys(sendfile, copy, self, 0, 1 << 30)) > 0) {}
  if (n < 0) refuse("the launcher cannot be copied");
  if (sys(fcntl, copy, 1033 /* F_ADD_SEALS */, 0xf) < 0) refuse("the launcher cannot be sealed");
  /* The environment is the executor's: nothing of it goes on. */
  char *environment[] = {"JBUILD_INIT=sealed", NULL};
  argv[0] = "jbuild-init"; /* the step can read it in /proc/1/cmdline */
  sys(execveat, copy, "", argv, environment, AT_EMPTY_PATH);
  refuse("the sealed copy cannot be executed");
}

struct plan read_plan(void) {
  uint8_t header[8];
  read_fully(header, sizeof header);
  uint32_t length;
  memcpy(&length, header + 4, 4);
  if (memcmp(header, "jbp1", 4) != 0) refuse("fd 0 holds no plan");
  if (length > MAX_PLAN) refuse("the plan is too long");
  long at = sys(mmap, 0, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (at < 0 && at > -4096) refuse("no memory for the plan");
  read_fully((uint8_t *)at, length);
  return (struct plan){(uint8_t *)at, (uint8_t *)at + length};
}

/* The kernel's log, where it names the victims of its out-of-memory killer. */
static int print_kernel_log(void) {
  static char log[1 << 20];
  long n = sys(syslog, 3 /* SYSLOG_ACTION_READ_ALL */, log, sizeof log);
  for (long done = 0; done < n;) {
    long r = sys(write, 1, log + done, n - done);
    if (r <= 0) break;
    done += r;
  }
  return n < 0;
}

/* What a step gets, in the kernel's own words: "jbuild doctor --inspect". */
static void print_file(const char *path) {
  static char buffer[64 << 10];
  long fd = sys(openat, AT_FDCWD_, path, O_RDONLY | O_CLOEXEC);
  sys(write, 1, "== ", 3);
  sys(write, 1, path, strlen(path));
  sys(write, 1, "\n", 1);
  for (long n; fd >= 0 && (n = sys(read, fd, buffer, sizeof buffer)) > 0;)
    sys(write, 1, buffer, n);
  if (fd >= 0) sys(close, fd);
}

static int inspect(void) {
  static const char *const spaces[] = {"cgroup", "ipc", "mnt", "net", "pid", "user", "uts"};
  for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
    char path[32], link[64];
    struct text text = {path, path + sizeof path};
    put(&text, "/proc/self/ns/");
    put(&text, spaces[i]);
    long n = sys(readlinkat, AT_FDCWD_, path, link, sizeof link - 1);
    if (n <= 0) continue;
    link[n] = '\n';
    sys(write, 1, link, n + 1);
  }
  print_file("/proc/self/status");
  print_file("/proc/self/uid_map");
  print_file("/proc/self/cgroup");
  print_file("/proc/self/mounts");
  print_file("/proc/self/limits");
  return 0;
}

static int jbuild_init(int argc, char **argv, char **envp) {
  if (argc == 2 && same(argv[1], "run")) {
    become_copy(argv, envp);
    return run();
  }
  if (argc == 2 && same(argv[1], "inspect")) return inspect();
  if (argc == 2 && same(argv[1], "version")) return 0;
  if (argc == 2 && same(argv[1], "landlock")) return steps_are_scoped() ? 0 : 1;
  if (argc == 2 && same(argv[1], "kernel-log")) return print_kernel_log();
  if (argc > 2 && same(argv[1], "userns")) enter_userns(argv + 2, envp);
  if (argc > 2 && same(argv[1], "tether")) tether(argv + 2, envp);
  refuse("usage: jbuild-init run < plan (started by jbuild), or userns PROGRAM [ARGUMENT...]");
}

#ifdef HOSTED
int main(int argc, char **argv, char **envp) { return jbuild_init(argc, argv, envp); }
#else
/* The kernel leaves argc, argv and envp on the stack. */
__attribute__((used)) static _Noreturn void enter(long *stack) {
  int argc = (int)stack[0];
  char **argv = (char **)(stack + 1);
  leave(jbuild_init(argc, argv, argv + argc + 1));
}

_Noreturn void _start(void);
#if defined(__x86_64__)
__asm__(".globl _start\n_start:\n\txor %ebp,%ebp\n\tmov %rsp,%rdi\n\tand $-16,%rsp\n\tcall enter\n");
#else
__asm__(".globl _start\n_start:\n\tmov x29,#0\n\tmov x0,sp\n\tbl enter\n");
#endif
#endif
