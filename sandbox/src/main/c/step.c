/* The step's own process: takes on its identity, then executes its program. */
#include "init.h"

#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/fcntl.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/signal.h>
#include <linux/stat.h>

#define AT_FDCWD_ (-100)
#define MAX_ARGUMENTS 65536
#define WAIT_KILLABLE_RECV (1 << 5) /* SECCOMP_FILTER_FLAG_…, which older headers lack */
#define MAX_GROUPS 1024

enum { SETUP = 125, NOT_EXECUTABLE = 126, NOT_FOUND = 127 };

struct identity {
  int64_t uid, gid, umask, no_new_privs, count;
  uint32_t groups[MAX_GROUPS];
};

static void check(struct step *step, long result, const char *what) {
  if (result < 0) die(step, (int)-result, what, SETUP);
}

/* Signals as a fresh process has them: the JVM ignores and blocks some. */
static void reset_signals(void) {
  struct {
    void *handler;
    unsigned long flags;
    void *restorer;
    uint64_t mask;
  } action = {0};
  for (int signal = 1; signal <= 64; signal++) sys(rt_sigaction, signal, &action, 0, 8);
  uint64_t none = 0;
  sys(rt_sigprocmask, SIG_SETMASK, &none, 0, 8);
}

static void limit(struct step *step, struct op *op) {
  int64_t resource = op_number(op);
  struct rlimit64 wanted;
  wanted.rlim_cur = (uint64_t)op_number(op);
  wanted.rlim_max = (uint64_t)op_number(op);
  bool required = op_number(op);
  long r = sys(prlimit64, 0, resource, &wanted, 0);
  if (r < 0 && required) {
    char what[32];
    struct text text = {what, what + sizeof what};
    put(&text, "resource ");
    put_number(&text, (uint64_t)resource);
    die(step, (int)-r, what, SETUP);
  }
}

static void read_identity(struct step *step, struct op *op, struct identity *who) {
  who->uid = op_number(op);
  who->gid = op_number(op);
  who->umask = op_number(op);
  who->no_new_privs = op_number(op);
  who->count = op_number(op);
  if (who->count > MAX_GROUPS) die(step, E2BIG, "supplementary groups", SETUP);
  for (int64_t i = 0; i < who->count; i++) who->groups[i] = (uint32_t)op_number(op);
}

static void become(struct step *step, const struct identity *who, struct op *op) {
  uint64_t bounding = (uint64_t)op_number(op);
  uint64_t permitted = (uint64_t)op_number(op);
  uint64_t effective = (uint64_t)op_number(op);
  uint64_t inheritable = (uint64_t)op_number(op);
  uint64_t ambient = (uint64_t)op_number(op);
  for (int cap = 0; cap < 64; cap++) {
    if (bounding >> cap & 1) continue;
    long r = sys(prctl, PR_CAPBSET_DROP, cap, 0, 0, 0);
    if (r == -EINVAL) break; /* above the kernel's last */
    check(step, r, "capability bounding set");
  }
  check(step, sys(prctl, PR_SET_KEEPCAPS, 1, 0, 0, 0), "keep capabilities");
  long r = sys(setgroups, who->count, who->groups);
  /* A user namespace of one id has setgroups denied, and no group to set. */
  if (r < 0 && !(r == -EPERM && who->count <= 1)) check(step, r, "supplementary groups");
  check(step, sys(setresgid, who->gid, who->gid, who->gid), "group");
  check(step, sys(setresuid, who->uid, who->uid, who->uid), "user");
  check(step, sys(prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0), "keep capabilities");
  /* What the bounding set or the executor lacks cannot be had. */
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct sets[2] = {0};
  check(step, sys(capget, &header, sets), "capabilities");
  uint64_t have = sets[0].permitted | (uint64_t)sets[1].permitted << 32;
  permitted &= have;
  effective &= permitted;
  inheritable &= permitted;
  ambient &= inheritable;
  for (int i = 0; i < 2; i++) {
    sets[i].permitted = (uint32_t)(permitted >> 32 * i);
    sets[i].effective = (uint32_t)(effective >> 32 * i);
    sets[i].inheritable = (uint32_t)(inheritable >> 32 * i);
  }
  check(step, sys(capset, &header, sets), "capabilities");
  sys(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int cap = 0; cap < 64; cap++)
    if (ambient >> cap & 1)
      check(step, sys(prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0), "ambient set");
}

static void load_filter(struct step *step, struct op op) {
  step->op = OP_SECCOMP;
  int64_t flags = op_number(&op);
  size_t length;
  const char *program = op_text(&op, &length);
  /* The plan is not aligned; the kernel copies the program from any address. */
  struct sock_fprog filter = {
      .len = (unsigned short)(length / sizeof(struct sock_filter)),
      .filter = (struct sock_filter *)(uintptr_t)program,
  };
  bool asks = (uint64_t)flags & SECCOMP_FILTER_FLAG_NEW_LISTENER;
  /* No signal but SIGKILL ends a call that the supervisor has begun to answer (Linux 5.19): open(2)
   * would fail with EINTR as it does nowhere else. */
  long fd = asks ? sys(seccomp, SECCOMP_SET_MODE_FILTER, flags | WAIT_KILLABLE_RECV, &filter) : -EINVAL;
  if (fd == -EINVAL) fd = sys(seccomp, SECCOMP_SET_MODE_FILTER, flags, &filter);
  check(step, fd, "seccomp filter");
  if (asks) {
    struct msg msg = {.type = MSG_LISTENER};
    send_msg(step->socket, &msg, (int)fd);
    sys(close, fd);
  }
}

static const char *environment_value(char *const *environment, const char *name) {
  size_t n = strlen(name);
  for (; *environment; environment++)
    if (memcmp(*environment, name, n) == 0 && (*environment)[n] == '=') return *environment + n + 1;
  return NULL;
}

/* As execvp: every folder of PATH is tried; a file that exists but may not be
 * executed is the better answer than none at all. */
static _Noreturn void execute(struct step *step, struct op *op) {
  static char *vector[2 * MAX_ARGUMENTS + 2];
  int64_t arguments = op_number(op);
  if (arguments < 1 || arguments > MAX_ARGUMENTS) die(step, E2BIG, "arguments", SETUP);
  char **argv = vector;
  for (int64_t i = 0; i < arguments; i++) argv[i] = (char *)(uintptr_t)op_string(op);
  argv[arguments] = NULL;
  char **envp = argv + arguments + 1;
  int64_t variables = op_number(op);
  if (variables < 0 || variables > MAX_ARGUMENTS) die(step, E2BIG, "environment", SETUP);
  for (int64_t i = 0; i < variables; i++) envp[i] = (char *)(uintptr_t)op_string(op);
  envp[variables] = NULL;

  const char *program = argv[0];
  for (const char *at = program; *at; at++)
    if (*at == '/') {
      long r = sys(execve, program, argv, envp);
      die(step, (int)-r, program, r == -ENOENT || r == -ENOTDIR ? NOT_FOUND : NOT_EXECUTABLE);
    }
  long error = -ENOENT;
  const char *path = environment_value(envp, "PATH");
  char candidate[4096];
  while (path && *program) {
    const char *end = path;
    while (*end && *end != ':') end++;
    size_t n = (size_t)(end - path);
    if (n + 1 + strlen(program) + 1 <= sizeof candidate && n > 0) {
      memcpy(candidate, path, n);
      candidate[n] = '/';
      memcpy(candidate + n + 1, program, strlen(program) + 1);
      struct statx st;
      long r = sys(execve, candidate, argv, envp);
      /* ENOENT of a file that is there: its interpreter is missing. */
      if (r == -ENOENT && sys(statx, AT_FDCWD_, candidate, 0, STATX_TYPE, &st) == 0)
        die(step, ENOENT, candidate, NOT_EXECUTABLE);
      if (r != -ENOENT && r != -ENOTDIR && r != -EACCES) die(step, (int)-r, candidate, NOT_EXECUTABLE);
      if (r == -EACCES) error = r;
    }
    path = *end ? end + 1 : NULL;
  }
  die(step, (int)-error, program, error == -EACCES ? NOT_EXECUTABLE : NOT_FOUND);
}

/* A new pseudo-terminal of the /dev/pts in sight; returns its master, or -errno. */
int open_terminal(const struct window *window, int *terminal) {
  long master = sys(openat, AT_FDCWD_, "/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (master < 0) return (int)master;
  int unlocked = 0;
  long r = sys(ioctl, master, 0x40045431 /* TIOCSPTLCK */, &unlocked);
  if (r >= 0) r = sys(ioctl, master, 0x5414 /* TIOCSWINSZ */, window);
  if (r >= 0) r = sys(ioctl, master, 0x5441 /* TIOCGPTPEER */, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (r < 0) {
    sys(close, master);
    return (int)r;
  }
  *terminal = (int)r;
  return (int)master;
}

/* The terminal becomes that of the step's session; the step owns it, as a login does. */
static void take_terminal(struct step *step) {
  step->op = OP_INPUT;
  if (step->input == INPUT_OWN_TERMINAL) {
    int master = open_terminal(&step->window, &step->in);
    check(step, master, "/dev/ptmx");
    struct msg msg = {.type = MSG_TERMINAL};
    send_msg(step->socket, &msg, master);
    sys(close, master);
  }
  check(step, sys(ioctl, step->in, 0x540e /* TIOCSCTTY */, 0), "controlling terminal");
  for (int fd = 0; fd <= 2; fd++) sys(dup3, step->in, fd, 0);
}

_Noreturn void run_step(struct step *step, struct plan plan) {
  reset_signals();
  sys(setsid);
  static struct identity who;
  struct op op, filter = {0}, caps = {0};
  enum confinement confinement = CONFINE_NOTHING;
  while (plan_next(&plan, &op)) {
    step->op = op.code;
    switch (op.code) {
      case OP_RLIMIT: limit(step, &op); break;
      case OP_IDENTITY: read_identity(step, &op, &who); break;
      case OP_SECCOMP: filter = op; break;
      case OP_CAPS: caps = op; break;
      case OP_CONFINE: confinement = (enum confinement)op_number(&op); break;
      case OP_OOM_ADJ: {
        const char *value = op_string(&op);
        long fd = sys(openat, AT_FDCWD_, "/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
        if (fd >= 0) sys(write, fd, value, strlen(value)), sys(close, fd);
        break;
      }
      default: break;
    }
    if (op.code == OP_EXEC) break;
  }
  if (op.code != OP_EXEC) die(step, EINVAL, "plan without a program", SETUP);

  long null = step->input == INPUT_PIPE
                  ? step->in
                  : sys(openat, AT_FDCWD_, "/dev/null", O_RDONLY | O_CLOEXEC);
  if (null < 0 && step->jailed) { /* no node could be made: a pipe without a writer is as empty */
    int empty[2];
    null = sys(pipe2, empty, O_CLOEXEC);
    if (null >= 0) sys(close, empty[1]), null = empty[0];
  }
  check(step, null, "/dev/null");
  sys(dup3, null, 0, 0);
  sys(dup3, step->out, 1, 0);
  sys(dup3, step->err, 2, 0);
  if (step->userns >= 0) check(step, sys(setns, step->userns, CLONE_NEWUSER), "user namespace");
  sys(umask, who.umask);
  /* Without no_new_privs Landlock and a filter need CAP_SYS_ADMIN, so they come before
   * the capabilities go; with it, as late as can be. */
  if (!who.no_new_privs) {
    confine(step, confinement);
    if (filter.code) load_filter(step, filter);
  }
  step->op = OP_CAPS;
  become(step, &who, &caps);
  if (who.no_new_privs) {
    check(step, sys(prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no new privileges");
    confine(step, confinement);
    if (filter.code) load_filter(step, filter);
  }
  if (step->input > INPUT_PIPE) take_terminal(step);
  step->op = OP_EXEC;
  if (step->cwd && *step->cwd) check(step, sys(chdir, step->cwd), step->cwd);
  execute(step, &op);
}
